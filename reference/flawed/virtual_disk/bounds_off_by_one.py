"""The last byte of the disk is out of bounds."""

FAILS = {
    "D1",
    "D2",
    "D3",
    "D4",
    "D6",
    "D7",
    "D8",
    "D9",
    "D10",
    "D12",
    "D13",
    "D14",
    "D15",
    "D18",
    "D19",
    "D20",
    "D21",
    "D22",
}


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    if offset + length >= disk_size(image):
        raise Refused(Reason.BOUNDS, f"{length} bytes at {offset:#x} are not all in the disk")
