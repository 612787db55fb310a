"""A closed image leaves the files below it locked."""

FAILS = {"D12"}


def close_image(image: Image) -> None:
    """Unlock a file, and what lies below it (D4)."""
    host.store.unlock(image.file.name)
