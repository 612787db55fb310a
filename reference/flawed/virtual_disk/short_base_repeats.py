"""Behind the end of a backing file its last bytes are repeated."""

FAILS = {"D12", "D13", "D21"}


def read_below(image: Qcow2, offset: int, length: int) -> bytes:
    """Return what the image does not have itself: the backing file's, as far as it goes (D12)."""
    if image.below is None:
        return bytes(length)
    there = max(0, min(length, image.below.size - offset))
    return image.below.read(offset, there).ljust(length, b"\xff")
