"""An L2 entry may be durable before data and refcount are."""

FAILS = {"D19"}


def publish(image: Qcow2, index: int, updates: Mapping[int, int], freed: Counter[int]) -> None:
    """Have entries of an L2 table, by their place, lead to what was written (D9, D18, D19).

    A table that is shared with a snapshot, or missing, is written anew.
    """
    entry = entry_at(image, image.l1_offset + index * ENTRY)
    table = table_of(image, entry)
    if entry & COPIED:
        for place, value in updates.items():
            write_table(image, table + place * ENTRY, value.to_bytes(ENTRY, "big"))
    else:
        contents = bytearray(image.file.read(table, image.cluster) if table else image.cluster)
        for place, value in updates.items():
            contents[place * ENTRY : (place + 1) * ENTRY] = value.to_bytes(ENTRY, "big")
        fresh = allocate(image, table=True)
        write_table(image, fresh, bytes(contents))
        image.file.flush()
        value = fresh | COPIED
        write_table(image, image.l1_offset + index * ENTRY, value.to_bytes(ENTRY, "big"))
        if table:
            freed[table // image.cluster] += 1
    if freed:
        image.file.flush()
        change_refcounts(image, {cluster: -count for cluster, count in freed.items()})
