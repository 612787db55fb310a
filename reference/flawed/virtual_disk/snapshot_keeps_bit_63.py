"""Taking a snapshot leaves bit 63 as it is."""

FAILS = {"D18", "D19", "D21"}


def mark_copied(image: Qcow2, allowed: bool) -> None:
    """Set bit 63 in the active tables exactly where the refcount is 1, or nowhere (D18).

    "This information is only accurate" there: those of the snapshots are left as they are.
    """

    def mark(offset: int, count: int) -> list[int]:
        entries = list(entries_of(image, offset, count))
        for place, entry in enumerate(entries):
            if entry & COMPRESSED or not entry & OFFSET:
                continue
            single = allowed and refcount(image, (entry & OFFSET) // image.cluster) == 1
            marked = entry & ~COPIED | (COPIED if single else 0)
            if marked != entry:
                write_table(image, offset + place * ENTRY, marked.to_bytes(ENTRY, "big"))
        return entries

    if not allowed:
        return
    for entry in mark(image.l1_offset, image.l1_size):
        if table := table_of(image, entry):
            mark(table, image.per_table)


def release(image: Qcow2, freed: Counter[int]) -> None:
    """Take references away that nothing leads to any more, and set bit 63 anew (D18, D19)."""
    change_refcounts(image, {cluster: -count for cluster, count in freed.items()})
    image.file.flush()
    return
    image.file.flush()
