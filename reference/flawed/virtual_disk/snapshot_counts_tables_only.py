"""A snapshot counts L2 tables, but not what they lead to."""

FAILS = {"D1"}


def references(image: Qcow2, l1_offset: int, l1_size: int) -> Counter[int]:
    """Count how often an L1 table leads to each cluster of the file, by every path (D18)."""
    found: Counter[int] = Counter()
    for entry in entries_of(image, l1_offset, l1_size):
        if table := table_of(image, entry):
            found[table // image.cluster] += 1
    return found
