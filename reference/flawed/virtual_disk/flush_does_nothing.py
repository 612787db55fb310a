"""A flush returns at once."""

FAILS = {"D1"}


def flush_image(image: Image) -> None:
    """Return when all that was written is durable (D5)."""
    return
