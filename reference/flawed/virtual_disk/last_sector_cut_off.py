"""A last sector that is not whole is no sector."""

FAILS = {"D1", "D2", "D3", "D4"}


def disk_size(image: Image) -> int:
    """Return the size that the guest sees: whole sectors (D1)."""
    return image.size // SECTOR * SECTOR
