"""Rows fold what is alike, and no more."""

from vmlab.bench.shadow_host import FIRST_FRAME
from vmlab.view import labels
from vmlab.view.judge import State
from vmlab.view.rows import MANY

PAGE, DATA = 0x40_0000, 0x8001_0000


def entries(image):
    return [row for row in image.picture().rows if not row.table]


def test_alike_neighbours_are_one_row(image):
    for n in range(8):
        image.map(PAGE + n * 0x1000, DATA + n * 0x1000)
    (row,) = entries(image)
    assert (row.many, labels.guest(row)) == ("8 x 4K", "0x80010000 RWXU.AD")
    assert labels.host(row) == f"{image.frame(DATA):#x}.."
    assert labels.shadow(row) == "not there yet"


def test_what_differs_is_a_row_of_its_own(image):
    for n in range(8):
        image.map(PAGE + n * 0x1000, DATA + n * 0x1000, "VRWUAD" if n != 2 else "VRUAD")
    image.shadow(PAGE + 0x5000, image.frame(DATA + 0x5000), "VRWUAD")
    assert [row.count for row in entries(image)] == [2, 1, 2, 1, 2]
    image.map(PAGE + 0x7000, DATA)  # not where the row goes on
    assert [row.count for row in entries(image)] == [2, 1, 2, 1, 1, 1]


def test_equal_differences_are_one_row(image):
    for n in range(4):
        image.map(PAGE + n * 0x1000, DATA + n * 0x1000)
        image.shadow(PAGE + n * 0x1000, FIRST_FRAME + 1)
    (row,) = entries(image)
    assert (row.count, row.state, row.difference.clause) == (4, State.WRONG, "S11")


def test_a_thousand_pages_are_few_rows(image):
    for n in range(1000):
        to = DATA + n * 7 % 16 * 0x1000
        image.map(PAGE + n * 0x1000, to)
        if n % 3 == 0:
            image.shadow(PAGE + n * 0x1000, image.frame(to))
    image.shadow(PAGE + 77 * 0x1000, FIRST_FRAME + 1)
    rows = image.picture().rows
    assert len(rows) < 12
    assert [row.virtual for row in rows if row.state is State.WRONG] == [PAGE + 77 * 0x1000]
    assert sum(row.count for row in rows if not row.table) == 1000
    assert "434 entries, 145 of them in the shadow: none of them wrong" in [r.summed for r in rows]


def test_many_different_differences_are_counted(image):
    for n in range(MANY * 2):
        image.map(PAGE + 2 * n * 0x1000, DATA)
        image.shadow(PAGE + 2 * n * 0x1000, FIRST_FRAME + 1)
    rows = entries(image)
    assert len(rows) == 4
    assert rows[3].summed == f"{MANY * 2 - 3} more, wrong, too"


def test_tables_stand_above_what_they_cover(image):
    image.map(PAGE, DATA)
    image.shadow(PAGE, image.frame(DATA))
    top, middle, leaf = image.picture().rows
    assert [row.level for row in (top, middle, leaf)] == [2, 1, 0]
    assert labels.guest(top) == "table 0x80001000"
    assert labels.shadow(middle) == f"table {FIRST_FRAME + 102:#x}"


def test_splinters_stand_below_their_superpage(image):
    image.map(0x8000_0000, 0x8000_0000, level=1)
    image.shadow(DATA, image.frame(DATA))
    big, splinter = image.picture().rows[1:]
    assert (labels.guest(big), big.many) == ("0x80000000 RWXU.AD", "2M")
    assert labels.guest(splinter) == "0x80010000 RWXU.AD (splinter)"
    assert labels.host(splinter) == f"{image.frame(DATA):#x}"


def test_devices_and_lost_frames_are_named(image):
    image.map(PAGE, 0x1000_0000)
    image.map(PAGE + 0x1000, DATA)
    image.guest[16] = None
    assert [labels.host(row) for row in entries(image)] == ["no RAM", "no frame"]


def test_a_gap_and_another_judgement_end_a_row(image):
    image.map(PAGE, DATA)
    image.map(PAGE + 0x2000, DATA + 0x1000)
    assert [row.count for row in entries(image)] == [1, 1]
    image.map(PAGE + 0x1000, DATA + 0x3000)
    image.note()
    for n in range(3):
        image.map(PAGE + n * 0x1000, DATA + n * 0x1000)
        image.shadow(PAGE + n * 0x1000, image.frame(DATA + (0, 3, 2)[n] * 0x1000))
    assert [row.state for row in entries(image)] == [State.RIGHT, State.OLD, State.RIGHT]
