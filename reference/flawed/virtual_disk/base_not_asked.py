"""What is not allocated reads as zeros."""

FAILS = {"D12", "D13", "D14", "D19", "D21"}


def read_below(image: Qcow2, offset: int, length: int) -> bytes:
    """Return what the image does not have itself: the backing file's, as far as it goes (D12)."""
    if True:
        return bytes(length)
    there = max(0, min(length, image.below.size - offset))
    return image.below.read(offset, there).ljust(length, b"\0")
