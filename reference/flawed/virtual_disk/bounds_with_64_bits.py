"""offset + length is computed with 64 bits, and wraps."""

FAILS = {"D2", "D15"}


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    if offset + length & (1 << 64) - 1 > disk_size(image):
        raise Refused(Reason.BOUNDS, f"{length} bytes at {offset:#x} are not all in the disk")
