"""The page: well formed, complete in itself, and nothing of a guest's is taken for markup."""

import re
from html.parser import HTMLParser

import pytest
from vmlab.bench.shadow_host import FIRST_FRAME
from vmlab.hart import Mode
from vmlab.view.judge import Difference
from vmlab.view.page import page
from vmlab.view.picture import Picture, Step
from vmlab.view.scene import Context

USER = Context(Mode.U, 8 << 60 | 0x8_0000)
EVIL = "<script>alert('x')</script> & \"quoted\" ${title}"
EMPTY = {"meta", "br", "rect"}


class Checker(HTMLParser):
    """Collects tags and attributes; every tag that is opened must be closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.tags, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        assert tag not in EMPTY or tag == "rect"
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


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


def test_well_formed_and_escaped(picture):
    text = page(picture)
    checked = Checker(text)
    assert "script" not in checked.tags
    assert text.count("&lt;script&gt;") >= 10
    assert text.count("<script") == 0
    said = "".join(checked.texts)
    assert said.count(EVIL) >= 10
    assert "0x80001" in said


def test_nothing_is_loaded_and_nothing_runs(picture):
    text = page(picture)
    for tag, name, value in Checker(text).attributes:
        assert name not in ("src", "href", "srcset", "style", "action"), tag
        assert not name.startswith("on")
        assert "http" not in (value or "")
    assert not re.search(r"url\(|@import|http:|https:", text)
    assert "prefers-color-scheme: dark" in text


def test_keyboard_and_readers(picture):
    attributes = Checker(page(picture)).attributes
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
