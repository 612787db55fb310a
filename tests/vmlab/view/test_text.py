"""The picture in a terminal, word for word, and never wider than the terminal."""

import pytest
from vmlab.bench.shadow_host import FIRST_FRAME
from vmlab.hart import Mode
from vmlab.view.judge import Difference
from vmlab.view.picture import Picture, Step
from vmlab.view.scene import Context, View
from vmlab.view.text import lines

PAGE, DATA = 0x40_0000, 0x8001_0000
USER = Context(Mode.U, 8 << 60 | 5 << 44 | 0x8_0000)

NARROW = """\
S2  A mapping: test_pages
  got        done, at guest-physical 0x80012000

What was done
     1  a new address space: root 0x80000000
✗    2  ld at 0x400000: done
        since here: I1, S2: loads at 0x80012000
        host: allocate

U-mode, root 0x80000000 ASID 5, SUM=0, MXR=0
  virtual address               guest's tables     host map  shadow
                                guest-physical     frame     frame
  root                          table 0x80000000   0x80000   table 0x80064
  0x0                  1G       table 0x80001000   0x80003   table 0x80065
   0x400000            2M       table 0x80002000   0x80006   table 0x80066
=   0x400000           4K       0x80010000 RW.U.AD 0x80030   0x80030 RW.U.AD
-   0x401000           4K       0x80011000 RW.U.AD 0x80033   0x80033 R..U.AD
·   0x402000           2 x 4K   0x80012000 RW.U.AD 0x80036.. not there yet
✗   0x404000           4K       0x80014000 RW.U.AD 0x8003c   0x80001 R..U.AD
  ✗ I2, S11: leads to frame 0x80001, another VM's
    0x405000           4K       0x80015000 RW...AD 0x8003f   none
✗   0x406000           4K       nothing                      0x80030 R..U.AD
  ✗ I1, S3: loads at 0x80010000; the guest's tables have nothing here
?   0x407000           4K       0x80017000 RW.U.AD 0x80045   0x80045 RW.U..D
                                                             (A=0)
  =  as the guest's tables say
  -  fewer rights than the guest's tables give: legal, the next fault brings
     them
  ·  not there yet: legal, the first fault brings it
  ?  no leaf for the real MMU, which faults on it
  ✗  breaks an invariant
  entered before as S-mode, root 0x80000000 ASID 5, SUM=0, MXR=0: shadow root
                    0x80007, freed since

The guest's own walk for a load at 0x400000
  so done, at guest-physical 0x80010000
  ✗ I4, S5: reflected

The host's frames: 32 this VM's pages, 3 shadow tables, 10 free for shadow
tables, 83 other VMs'.
3 differences"""


@pytest.fixture
def picture(image):
    for n in range(5):
        image.map(PAGE + n * 0x1000, DATA + n * 0x1000, "VRWUAD")
    image.map(PAGE + 0x5000, DATA + 0x5000, "VRWAD")
    image.map(PAGE + 0x7000, DATA + 0x7000, "VRWUAD")
    image.shadow(PAGE, image.frame(DATA), "VRWUAD")
    image.shadow(PAGE + 0x1000, image.frame(DATA + 0x1000), "VRUAD")
    image.shadow(PAGE + 0x4000, FIRST_FRAME + 1, "VRUAD")
    image.shadow(PAGE + 0x6000, image.frame(DATA), "VRUAD")
    image.shadow(PAGE + 0x7000, image.frame(DATA + 0x7000), "VRWUD")
    kernel = View(USER._replace(mode=Mode.S), FIRST_FRAME + 7)
    steps = [
        Step(1, "a new address space: root 0x80000000", "spaces", "", ["host: flush"]),
        Step(2, "ld at 0x400000", "accesses", "done", ["host: allocate"]),
    ]
    steps[1].breaks = [Difference(PAGE, "I1", "S2", "loads at 0x80012000")]
    return Picture(
        "S2  A mapping: test_pages",
        (("got", "done, at guest-physical 0x80012000"),),
        steps,
        image.scene(USER, views=[kernel]),
        ("a load at 0x400000", ["so done, at guest-physical 0x80010000"]),
        Difference(PAGE, "I4", "S5", "reflected"),
    )


def plain(picture, width):
    return ["".join(piece for piece, _ in line).rstrip() for line in lines(picture, width)]


def test_narrow(picture):
    assert "\n".join(plain(picture, 80)) == NARROW


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_too_wide(picture, width):
    assert max(map(len, plain(picture, width))) <= width


def test_wide_has_room_for_words(picture):
    wide = plain(picture, 120)
    assert any(line.endswith("0x80045 RW.U..D (A=0)") for line in wide)


def test_styles_are_not_needed(picture):
    """What colour says, a mark or a word says, too."""
    for line in lines(picture, 80):
        text = "".join(piece for piece, _ in line)
        if any(style == "wrong" and piece.strip() for piece, style in line):
            assert any(word in text for word in ("✗", "since here", "differences", "    ")), text


def test_high_addresses_fit(image):
    image.map(0xFFFF_FFC0_0000_0000, 0xFF_FFFF_FFFF_F000, "VRUAD")
    assert max(map(len, plain(image.picture(USER), 80))) <= 80


def test_long_scenarios_are_cut():
    from vmlab.view.labels import shown_steps

    steps = [Step(n, "map", "mappings") for n in range(1, 1001)]
    assert [getattr(s, "number", s) for s in shown_steps(steps)] == [
        1,
        "997 more like it",
        999,
        1000,
    ]
    steps[500].breaks = [Difference(0, "I1", "S2", "")]
    numbers = [getattr(s, "number", s) for s in shown_steps(steps)]
    assert numbers == [1, "498 more like it", 500, 501, 502, "496 more like it", 999, 1000]
    mixed = [Step(n, "", str(n % 2)) for n in range(1, 1001)]
    shown = shown_steps(mixed)
    assert len(shown) < 40
    assert "steps 7 to 976 are not shown" in shown
