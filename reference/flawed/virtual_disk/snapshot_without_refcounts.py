"""A snapshot is written down, but what it refers to is not counted."""

FAILS = {"D18", "D19", "D21"}


def keep_disk(image: Qcow2, name: str) -> None:
    """Keep the disk as it is (D18)."""
    snapshots = read_snapshots(image)
    if any(each.name == name for each in snapshots):
        raise Refused(Reason.EXISTS, f"{image.file.name} has a snapshot {name!r} already")
    if len(snapshots) >= MOST_SNAPSHOTS:
        unsupported("one more snapshot")
    id = 1 + max((int(each.id) for each in snapshots if each.id.isdecimal()), default=0)
    mark_copied(image, False)
    image.file.flush()
    try:
        change_refcounts(image, {})
    except Refused:
        mark_copied(image, True)
        raise
    place = write_l1(image, image.l1_offset, image.l1_size)
    extra = EXTRA.pack(0, image.size)
    entry = SnapshotEntry(place, image.l1_size, str(id), name, image.size, extra=extra)
    release(image, write_snapshots(image, [*snapshots, entry]))
