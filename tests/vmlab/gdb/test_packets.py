"""Framing: whatever comes, in whatever pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vmlab.gdb.packets import LARGEST, Mark, Reader, packet, unescape


def test_a_packet():
    assert packet(b"OK") == b"$OK#9a"
    assert Reader().feed(b"$OK#9a") == [b"OK"]
    assert Reader().feed(b"$OK#9A+$#00") == [b"OK", b""]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"+", []),
        (b"-", [Mark.AGAIN]),
        (b"\x03", [Mark.INTERRUPT]),
        (b"$g#00", [Mark.BROKEN]),
        (b"$g#zz", [Mark.BROKEN]),
        (b"noise$g#67noise", [b"g"]),
        (b"$half$g#67", [b"g"]),
        (b"$a\x03b#c6", [b"a\x03b"]),
        (b"$" + b"a" * LARGEST + b"#00", [b"a" * LARGEST]),
        (b"$" + b"a" * LARGEST + b"a#61", [Mark.BROKEN]),
        (b"$" + b"a" * LARGEST + b"a#61$g#67", [Mark.BROKEN, b"g"]),
    ],
)
def test_what_is_found(sent, found):
    assert Reader().feed(sent) == found


@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_any_data_in_any_pieces(contents, size):
    stream = b"".join(packet(content) for content in contents)
    reader = Reader()
    found = []
    for start in range(0, len(stream), size):
        found += reader.feed(stream[start : start + size])
    assert [unescape(data) for data in found] == contents


@given(st.binary(max_size=60))
def test_noise_does_not_deafen(noise):
    reader = Reader()
    reader.feed(noise)
    # A packet that had begun may swallow one; the next one is understood.
    assert b"g" in reader.feed(b"$g#67$g#67$g#67")


def test_an_escape_at_the_end():
    with pytest.raises(ValueError, match="escape"):
        unescape(b"a}")
