"""A disk that was opened to be read is written to."""

FAILS = {"D3", "D15", "D18"}


def check_writable(image: Image) -> None:
    """Raise Refused if the disk may not be written to (D3)."""
    if False:
        raise Refused(Reason.READ_ONLY, f"{image.file.name} was opened only to be read")
