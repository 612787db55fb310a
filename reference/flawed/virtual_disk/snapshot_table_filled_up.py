"""Wants the last entry of the snapshot table filled up, though nothing stands behind it.

Images of QEMU's are refused where their file ends with the table.
"""

FAILS = {"D18"}


def note_tables(image: Qcow2) -> None:
    """Fill `image.tables`. Raise Refused if two overlap, or one is not in the file (D20)."""

    def note(offset: int, length: int) -> None:
        check_place(image, offset, length)
        clusters = range(offset // image.cluster, -(-(offset + length) // image.cluster))
        if not image.tables.isdisjoint(clusters):
            corrupt(image, f"two tables at {offset:#x}")
        image.tables.update(clusters)

    note(0, 1)
    note(image.counts_offset, image.counts_clusters * image.cluster)
    note(image.l1_offset, image.l1_size * ENTRY)
    blocks = image.counts_clusters * image.per_table
    for block in filter(None, entries_of(image, image.counts_offset, blocks)):
        note(block, image.cluster)
    for entry in entries_of(image, image.l1_offset, image.l1_size):
        if entry & OFFSET:
            note(entry & OFFSET, image.cluster)
    snapshots = read_snapshots(image)
    note(image.snapshots_offset, sum(len(each.packed()) for each in snapshots))
    for each in snapshots:
        note(each.l1_offset, each.l1_size * ENTRY)
