from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from vmlab.link import frames


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_frames_come_out_as_they_went_in(pipe: tuple[int, int]) -> None:
    for body in (b"", b"x", b"y" * 1000):
        frames.write(pipe[1], body)
    os.close(pipe[1])
    reader = frames.Reader(pipe[0])
    assert [reader.read() for _ in range(4)] == [b"", b"x", b"y" * 1000, None]


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
def test_a_frame_cut_short_is_the_end(pipe: tuple[int, int], cut: int) -> None:
    os.write(pipe[1], frames.pack(b"whole")[:cut])
    os.close(pipe[1])
    assert frames.Reader(pipe[0]).read() is None


def test_a_frame_in_pieces_is_put_together(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: whole(descriptor, min(count, 3)))
    frames.write(pipe[1], b"a longer body")
    assert frames.Reader(pipe[0]).read() == b"a longer body"


def test_the_largest_frame() -> None:
    assert frames.pack(bytes(frames.CAP))[:4] == frames.CAP.to_bytes(4, "big")
    with pytest.raises(frames.FrameTooLarge):
        frames.pack(bytes(frames.CAP + 1))
