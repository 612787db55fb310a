"""Only where a range begins is checked."""

FAILS = {"D1"}


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    if offset > disk_size(image):
        raise Refused(Reason.BOUNDS, f"{length} bytes at {offset:#x} are not all in the disk")
