"""What a snapshot had is freed before the table without it is written."""

FAILS = {"D19"}


def forget(image: Qcow2, name: str) -> None:
    """Forget a snapshot (D18)."""
    entry = find_snapshot(image, name)
    freed = references(image, entry.l1_offset, entry.l1_size)
    freed.update(l1_clusters(image, entry.l1_offset, entry.l1_size))
    release(image, freed)
    release(image, write_snapshots(image, [e for e in read_snapshots(image) if e.id != entry.id]))
