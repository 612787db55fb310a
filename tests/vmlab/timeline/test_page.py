"""The page: well formed, complete in itself, and nothing of a guest's is taken for markup."""

import re
from dataclasses import replace

import pytest
from vmlab.timeline.page import page
from vmlab.timeline.record import Event, Timeline

EVIL = "<script>alert('x')</script> & \"quoted\" ${title}"


@pytest.fixture
def evil(timeline):
    timeline.names[1] = EVIL
    timeline.events.append(Event(700, EVIL, 1, "<", bad=True))
    timeline.output += [(800, 1, byte) for byte in EVIL.encode() + b"\xff\x00"]
    return replace(timeline, title=EVIL, said=((EVIL, f"{EVIL}\n{EVIL}"),))


def test_well_formed_and_escaped(evil, markup):
    text = page(evil)
    checked = markup(text)
    assert "script" not in checked.tags
    assert "<script" not in text
    said = "".join(checked.texts)
    assert said.count(EVIL) >= 10
    assert f"{EVIL}\\xff" in said


def test_nothing_is_loaded_and_nothing_runs(evil, markup):
    text = page(evil)
    for tag, name, value in markup(text).attributes:
        assert name not in ("src", "href", "srcset", "style", "action"), tag
        assert not name.startswith("on")
        assert "http" not in (value or "")
    assert not re.search(r"url\(|@import|http:|https:", text)
    assert "prefers-color-scheme: dark" in text


def test_keyboard_and_readers(timeline, markup):
    attributes = markup(page(timeline)).attributes
    assert ("html", "lang", "en") in attributes
    assert attributes.count(("div", "tabindex", "0")) == 4
    assert ("svg", "aria-label", timeline.title) in attributes


def test_it_shows_what_the_terminal_shows(timeline, markup):
    text = page(timeline)
    said = "".join(markup(text).texts)
    assert 'class="verdict bad">2 VMs, 1 harmed<' in text
    assert "Host time 0 to 2,500; a column is 20 ticks" in said
    assert "illegal instruction: csrrw zero, satp, a0" in said
    assert '<td class="number">60.0 %</td>' in text
    assert "1,000 to 1,020: runs 20 ticks" in said
    assert "1,280 to 1,300: page fault, 1 time<" in text
    assert "<h3>VM 2 ticks</h3><pre>hi</pre>" in text
    assert text.count('class="idle"') == 25


def test_nothing_at_all(markup):
    text = page(Timeline("empty"))
    markup(text)
    assert 'class="verdict good">0 VMs<' in text
    assert "<p>Nothing.</p>" in text


def test_it_stays_small_however_long_it_was(timeline):
    timeline.entries = [
        replace(timeline.entries[n % 6], at=n * 1000, fate=timeline.entries[n % 6].fate)
        for n in range(20_000)
    ]
    timeline.end = 20_000_000
    assert len(page(timeline)) < 1_000_000
