"""A cluster that reads as zeros is written in place, and stays one."""

FAILS = {"D10"}


def is_own(entry: int) -> bool:
    """Tell whether the cluster of an entry can be written in place (D10)."""
    return entry & (COPIED | COMPRESSED) == COPIED
