"""The page: well formed, complete in itself, and nothing of a guest's is taken for markup."""

import re

import pytest
from vmlab.bench.shadow_host import FIRST_FRAME
from vmlab.hart import Mode
from vmlab.view.judge import Difference
from vmlab.view.page import page
from vmlab.view.picture import Picture, Step
from vmlab.view.scene import Context

USER = Context(Mode.U, 8 << 60 | 0x8_0000)
EVIL = "<script>alert('x')</script> & \"quoted\" ${title}"


@pytest.fixture
def picture(image):
    image.map(0x40_0000, 0x8001_0000, "VRWUAD")
    image.map(0x8000_0000, 0x8000_0000, level=1)
    image.shadow(0x40_0000, FIRST_FRAME + 1, "VRUAD")
    image.shadow(0x8001_0000, image.frame(0x8001_0000), "VRUAD")
    steps = [Step(1, EVIL, EVIL, EVIL, [EVIL])]
    steps[0].breaks = [Difference(0, "I1", "S2", EVIL)]
    return Picture(
        EVIL,
        ((EVIL, EVIL), ("at", f"{EVIL}\n{EVIL}")),
        steps,
        image.scene(USER, no_root=EVIL),
        (EVIL, [EVIL]),
        Difference(0, "I4", "S5", EVIL),
        [Difference(0, "", "S15", EVIL)],
    )


def test_well_formed_and_escaped(picture, markup):
    text = page(picture)
    checked = markup(text)
    assert "script" not in checked.tags
    assert text.count("&lt;script&gt;") >= 10
    assert text.count("<script") == 0
    said = "".join(checked.texts)
    assert said.count(EVIL) >= 10
    assert "0x80001" in said


def test_nothing_is_loaded_and_nothing_runs(picture, markup):
    text = page(picture)
    for tag, name, value in markup(text).attributes:
        assert name not in ("src", "href", "srcset", "style", "action"), tag
        assert not name.startswith("on")
        assert "http" not in (value or "")
    assert not re.search(r"url\(|@import|http:|https:", text)
    assert "prefers-color-scheme: dark" in text


def test_keyboard_and_readers(picture, markup):
    attributes = markup(page(picture)).attributes
    assert ("html", "lang", "en") in attributes
    assert ("div", "tabindex", "0") in attributes
    assert ("th", "scope", "row") in attributes
    assert any(tag == "svg" and name == "aria-label" for tag, name, _ in attributes)


def test_it_shows_what_the_terminal_shows(picture):
    text = page(picture)
    assert "I2, S11: leads to frame 0x80001, another VM&#x27;s" in text
    assert 'class="verdict bad">3 differences<' in text
    assert text.count("<rect") == 128
    assert text.count(' class="other hit"') == 1
    assert text.count(' class="tables root"') == 1
