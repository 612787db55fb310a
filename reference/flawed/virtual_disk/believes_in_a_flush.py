"""Takes the new L1 table for its own once the header is flushed, not once it is written.

If the flush fails, the file has the new table already, and what is written to the old one is lost.
"""

FAILS = {"D19"}


def go_back(image: Qcow2, name: str) -> None:
    """Make the disk what it was (D18)."""
    entry = find_snapshot(image, name)
    if entry.size != image.size:
        unsupported(f"the disk had {entry.size} bytes in {name!r}")
    change_refcounts(image, references(image, entry.l1_offset, entry.l1_size))
    place = write_l1(image, entry.l1_offset, entry.l1_size)
    freed = references(image, image.l1_offset, image.l1_size)
    freed.update(l1_clusters(image, image.l1_offset, image.l1_size))
    image.file.flush()
    image.file.write(L1_FIELDS, struct.pack(">IQ", entry.l1_size, place))
    image.file.flush()
    image.l1_size, image.l1_offset = entry.l1_size, place
    release(image, freed)
