"""Whether the L1 table is long enough for the disk is not checked."""

FAILS = {"D1"}


def check_header(image: Qcow2) -> None:
    """Raise Refused unless the tables can be where the header says (D20)."""
    if image.l1_size * ENTRY > MOST_L1 or image.counts_clusters * image.cluster > MOST_COUNTS:
        unsupported("tables of such a size")
    check_place(image, image.l1_offset, image.l1_size * ENTRY)
    check_place(image, image.counts_offset, 1)
    if not image.counts_offset or not image.counts_clusters:
        corrupt(image, "no refcount table")
    if image.snapshot_count > MOST_SNAPSHOTS:
        unsupported(f"{image.snapshot_count} snapshots")
    check_place(image, image.snapshots_offset, image.snapshot_count)
