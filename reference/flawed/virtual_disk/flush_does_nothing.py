"""A flush returns at once."""

FAILS = {"D4", "D5", "D9", "D15", "D19", "D22"}


def flush_image(image: Image) -> None:
    """Return when all that was written is durable (D5)."""
    return
