"""Tables may lie upon each other."""

FAILS = {"D20"}


def note_tables(image: Qcow2) -> None:
    """Fill `image.tables`. Raise Refused if two overlap, or one is not in the file (D20)."""

    def note(offset: int, length: int) -> None:
        check_place(image, offset, length)
        clusters = range(offset // image.cluster, -(-(offset + length) // image.cluster))
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
    # Nothing stands behind the last entry: QEMU does not fill it up.
    rows = [each.packed() for each in snapshots[:-1]] + [each.bare() for each in snapshots[-1:]]
    note(image.snapshots_offset, sum(map(len, rows)))
    for each in snapshots:
        note(each.l1_offset, each.l1_size * ENTRY)
