"""Text from strangers."""

import pytest

from grader.text import clean, file_name, one_line, shorten


def test_what_moves_cursors_or_reverses_lines_is_shown():
    assert clean("a\x1b[2Jb\u202ec\x00d\ud800e\tf\ng\r\nh") == "a�[2Jb�c�d�e\tf\ng\nh"


def test_addresses_of_objects_are_left_out_but_no_other_numbers():
    assert clean("<Foo object at 0x7f3a12345678> at 0x80000000") == (
        "<Foo object at 0x…> at 0x80000000"
    )


def test_one_line():
    assert one_line("a\n\n  b\tc") == "a b c"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"


def test_shorten_keeps_head_and_tail():
    assert shorten("abc", 3) == "abc"
    text = shorten("a" * 50 + "b" * 50, 20)
    assert text == "a" * 10 + "\n[… 80 characters left out …]\n" + "b" * 10


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Ada Okafor", "Ada Okafor"),
        ("Müller", "Müller"),
        ("../../etc", "_.._etc"),
        ("", "submission"),
        ("...", "submission"),
        ("a/b\\c:d*e", "a_b_c_d_e"),
        ("evil\u202egpj", "evil_gpj"),
        ("line\nbreak", "line_break"),
        ("x" * 300, "x" * 80),
        ("\udcff", "_"),
    ],
)
def test_file_name(name, safe):
    assert file_name(name) == safe
