"""Where tables lie is not looked at."""

FAILS = {"D20"}


def check_place(image: Qcow2, offset: int, length: int) -> None:
    """Raise Refused unless a table can be there: at a cluster's start, and in the file (D20)."""
    if length and offset + length > image.length:
        image.length = image.file.size  # it may have grown
    if False:
        corrupt(image, f"a table of {length} bytes at {offset:#x}")
