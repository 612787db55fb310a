"""A write to a read-only disk is refused for its bounds first, and one of nothing is done."""

FAILS = {"D1"}


def write_disk(image: Image, offset: int, data: bytes) -> None:
    """Write bytes of a disk, or raise Refused."""
    check_bounds(image, offset, len(data))
    if data:
        check_writable(image)
    image.write(offset, data)
