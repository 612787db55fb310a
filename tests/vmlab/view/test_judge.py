"""Each kind of difference is found where it is, with its invariant and clause, and nowhere else."""

import pytest
from vmlab.access import Access
from vmlab.bench.shadow_host import FIRST_FRAME, FOREIGN_WORD
from vmlab.hart import Mode
from vmlab.view.judge import State
from vmlab.view.scene import Context

PAGE, DATA, NEW = 0x40_0000, 0x8001_0000, 0x8001_2000
USER = Context(Mode.U, 8 << 60 | 0x8_0000)
KERNEL = USER._replace(mode=Mode.S)
EVERY = frozenset(Access)


def states(image, context=USER):
    return [row.state for row in image.picture(context).rows if not row.table]


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        ("VRWXUAD", State.RIGHT),
        ("VRXUAD", State.LESS),
        ("VRUAD", State.LESS),
        ("VRWXAD", State.DEAD),  # no U
        ("VRWXUD", State.DEAD),  # no A
        (None, State.LAZY),
    ],
)
def test_what_a_pager_may_choose_is_no_difference(image, bits, state):
    image.map(PAGE, DATA)
    if bits:
        image.shadow(PAGE, image.frame(DATA), bits)
    assert states(image) == [state]
    assert image.differences() == []


def test_a_page_of_the_other_mode_need_not_be_there(image):
    image.map(PAGE, DATA, "VRWXAD")
    assert states(image) == [State.NOTHING]
    assert states(image, KERNEL) == [State.LAZY]


@pytest.mark.parametrize(
    ("guest", "shadow", "context", "clause"),
    [
        ("VRUAD", "VRWUAD", USER, "S4"),
        ("VRWUAD", "VRWXUAD", USER, "S4"),
        ("VRWXAD", "VRUAD", USER, "S4"),  # the kernel's page in the user's view
        ("VRWXUAD", "VRUAD", KERNEL, "S4"),  # the user's, while SUM=0
        ("VRWXUAD", "VXUAD", KERNEL._replace(sum=True), "S4"),  # never executed
        ("VXUAD", "VRUAD", USER, "S4"),
    ],
)
def test_more_rights_than_the_guest_gives(image, guest, shadow, context, clause):
    image.map(PAGE, DATA, guest)
    image.shadow(PAGE, image.frame(DATA), shadow)
    assert image.differences(context) == [("I1", clause, PAGE)]


@pytest.mark.parametrize(
    ("guest", "shadow", "context"),
    [
        ("VXUAD", "VRXUAD", USER._replace(mxr=True)),
        ("VRWUAD", "VRWUAD", KERNEL._replace(sum=True)),
        ("VRWXAD", "VRWXUAD", KERNEL),
    ],
)
def test_rights_of_a_mode(image, guest, shadow, context):
    image.map(PAGE, DATA, guest)
    image.shadow(PAGE, image.frame(DATA), shadow)
    assert image.differences(context) == []


@pytest.mark.parametrize("shadow", ["VRWUAD", "VRWUA"])
def test_writable_while_clean(image, shadow):
    image.map(PAGE, DATA, "VRWUA")
    image.shadow(PAGE, image.frame(DATA), shadow)
    assert image.differences() == [("I3", "S7", PAGE)]


def test_another_page(image):
    image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(NEW), "VRUAD")
    assert image.differences() == [("I1", "S2", PAGE)]


def test_nothing_where_the_shadow_has_something(image):
    image.shadow(PAGE, image.frame(DATA), "VRUAD")
    assert image.differences() == [("I1", "S3", PAGE)]
    image.map(PAGE, DATA, "VWUAD")
    assert image.differences() == [("I1", "S3", PAGE)]


def test_another_vms_frame(image):
    image.map(PAGE, DATA)
    for frame, lost, clause in (
        (1, (), "S11"),
        (2, (2,), "S14"),
        (110, (), "S11"),
        (100, (), "S11"),
    ):
        image.shadow(PAGE, FIRST_FRAME + frame, "VRUAD")
        lost = frozenset(FIRST_FRAME + number for number in lost)
        assert image.differences(lost=lost) == [("I2", clause, PAGE)]
    image.shadow(PAGE, 7, "VRUAD")
    assert "no RAM" in image.picture().differences[0].text


def test_a_pointer_to_a_foreign_table(image):
    image.map(PAGE, DATA)
    image.shadow(PAGE, FIRST_FRAME + 1, "V", level=1)
    assert image.differences() == [("I2", "S11", PAGE)]


def test_a_page_that_was_not_cleared(image):
    image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(DATA))
    image.put(DATA + 0x800, FOREIGN_WORD)
    assert image.differences() == []
    given = frozenset([image.frame(DATA)])
    assert image.differences(given=given) == [("I2", "S14", PAGE)]
    image.put(DATA + 0x800, 0)
    assert image.differences(given=given) == []


def test_from_before_the_fence_and_after_it(image):
    at = image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(DATA))
    image.note()
    image.put(at, NEW >> 2 | 0xDF)
    image.note()
    assert states(image) == [State.OLD]
    image.history.fence(PAGE + 0x1000, None)
    image.history.fence(None, 1)
    assert image.differences() == []
    image.history.fence(PAGE + 0xFF8, None)
    image.note()
    assert image.differences() == [("I5", "S10", PAGE)]


def test_a_right_that_was_taken_back(image):
    at = image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(DATA))
    image.note()
    image.put(at, image.word(at) & ~4)
    assert states(image) == [State.OLD]
    image.history.fence(None, 0)
    image.note()
    assert image.differences() == [("I5", "S10", PAGE)]


def test_made_from_a_table_that_was_taken(image):
    at = image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(DATA))
    image.note()
    image.guest[(at - 0x8000_0000) // 4096] = None
    assert states(image)[-1] is State.OLD
    image.history.lost(at & ~4095)
    assert image.differences() == [("I1", "S14", PAGE)]


def test_splinters(image):
    image.map(0x8000_0000, 0x8000_0000, level=1)
    image.shadow(0x8001_2000, image.frame(NEW))
    assert image.differences() == []
    image.shadow(0x8001_3000, image.frame(NEW))
    assert image.differences() == [("I1", "S8", 0x8001_3000)]


def test_a_superpage_of_the_shadow_leads_to_strangers(image):
    image.map(0x8000_0000, 0x8000_0000, level=1)
    image.shadow(0x8000_0000, FIRST_FRAME, level=1)
    assert image.differences()[0][:2] == ("I2", "S11")


def test_without_translation(image):
    context = Context(Mode.M)
    image.shadow(DATA, image.frame(DATA))
    assert image.differences(context) == []
    image.shadow(DATA + 0x1000, image.frame(DATA))
    assert image.differences(context) == [("I1", "S1", DATA + 0x1000)]


def test_what_the_mmu_remembers(image):
    image.map(PAGE, DATA)
    right, wrong = image.frame(DATA) << 12, image.frame(NEW) << 12
    for entry in ((right, EVERY), (right, frozenset([Access.LOAD]))):
        assert image.differences(remembered={PAGE: entry}) == []
    assert image.differences(remembered={PAGE: (wrong, EVERY)}) == [("I1", "S2", PAGE)]
    image.shadow(PAGE, image.frame(NEW))
    assert len(image.differences(remembered={PAGE: (wrong, EVERY)})) == 1  # told once


def test_rights_that_nothing_gives_are_not_missed(image):
    image.map(PAGE, DATA, "VRWUA")
    image.shadow(PAGE, image.frame(DATA), "VRUAD")
    assert states(image) == [State.RIGHT]  # W comes with D
    image.map(PAGE, DATA, "VRUAD")
    image.shadow(PAGE, image.frame(DATA), "VRWUA")
    assert states(image) == [State.RIGHT]  # the real MMU refuses a store, as D=0


def test_a_fence_of_an_asid_leaves_global_pages(image):
    at = image.map(PAGE, DATA, "VRUGAD")
    image.shadow(PAGE, image.frame(DATA), "VRUAD")
    image.note()
    image.put(at, 0)
    image.history.fence(None, 0)
    assert states(image) == [State.OLD]
    image.history.fence(None, None)
    assert image.differences() == [("I5", "S10", PAGE)]
