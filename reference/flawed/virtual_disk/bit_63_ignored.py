"""Every cluster with data is written in place."""

FAILS = {"D10", "D18", "D19", "D21"}


def is_own(entry: int) -> bool:
    """Tell whether the cluster of an entry can be written in place (D10)."""
    return bool(entry & OFFSET) and not entry & (COMPRESSED | ZERO)
