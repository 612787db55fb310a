"""Applying a snapshot uses its own L1 table."""

FAILS = {"D18", "D19", "D21"}


def go_back(image: Qcow2, name: str) -> None:
    """Make the disk what it was (D18)."""
    entry = find_snapshot(image, name)
    if entry.size != image.size:
        unsupported(f"the disk had {entry.size} bytes in {name!r}")
    change_refcounts(image, references(image, entry.l1_offset, entry.l1_size))
    place = entry.l1_offset
    freed = references(image, image.l1_offset, image.l1_size)
    freed.update(l1_clusters(image, image.l1_offset, image.l1_size))
    image.file.flush()
    image.file.write(L1_FIELDS, struct.pack(">IQ", entry.l1_size, place))
    # Before the flush, which may fail: from now on the file has the new table.
    image.l1_size, image.l1_offset = entry.l1_size, place
    image.file.flush()
    release(image, freed)
