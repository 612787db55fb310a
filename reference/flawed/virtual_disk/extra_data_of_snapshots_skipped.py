"""Entries of the snapshot table are taken to have no extra data."""

FAILS = {"D1"}


def read_snapshots(image: Qcow2) -> list[SnapshotEntry]:
    """Return the snapshot table (D18)."""
    found = []
    offset = image.snapshots_offset
    for _ in range(image.snapshot_count):
        l1_offset, l1_size, of_id, of_name, *kept, of_extra = SNAPSHOT.unpack(
            image.file.read(offset, SNAPSHOT.size)
        )
        if of_extra > MOST_EXTRA or l1_size * ENTRY > MOST_L1:
            corrupt(image, f"the snapshot at {offset:#x}")
        check_place(image, l1_offset, l1_size * ENTRY)
        rest = image.file.read(offset + SNAPSHOT.size, of_extra + of_id + of_name)
        extra, names = rest[:0], rest
        size = EXTRA.unpack_from(extra)[1] if of_extra >= EXTRA.size else image.size
        id, name = text(image, names[:of_id]), text(image, names[of_id:])
        entry = SnapshotEntry(l1_offset, l1_size, id, name, size, tuple(kept), extra)
        found.append(entry)
        offset += len(entry.packed())
    return found
