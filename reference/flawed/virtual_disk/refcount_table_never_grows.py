"""An image whose refcount table is full is refused."""

FAILS = {"D11", "D19"}


def grow_counts(image: Qcow2) -> None:
    """Move the refcount table to behind all clusters that it covers, twice as large (D11).

    There stand first the blocks that the new clusters need, then the table itself.
    """
    unsupported("a larger refcount table")
    start = image.counts_offset // image.cluster
    old = range(start, start + image.counts_clusters)
    first = image.counts_clusters * image.per_table * image.per_block
    clusters, blocks = 2 * image.counts_clusters, 1
    if clusters * image.cluster > MOST_COUNTS:
        unsupported("an image that large")
    while blocks * image.per_block < blocks + clusters:
        blocks += 1
    table = bytearray(image.file.read(image.counts_offset, len(old) * image.cluster))
    for number in range(blocks):
        offset = (first + number) * image.cluster
        used = min(image.per_block, blocks + clusters - number * image.per_block)
        write_table(image, offset, bytes(image.cluster))
        write_refcounts(image, offset, dict.fromkeys(range(used), 1))
        table += offset.to_bytes(ENTRY, "big")
    offset = (first + blocks) * image.cluster
    write_table(image, offset, bytes(table).ljust(clusters * image.cluster, b"\0"))
    image.file.flush()
    image.file.write(COUNT_FIELDS, struct.pack(">QI", offset, clusters))
    image.counts_offset, image.counts_clusters = offset, clusters
    image.file.flush()
    image.tables.update(range(first, first + blocks + clusters))
    change_refcounts(image, dict.fromkeys(old, -1))
