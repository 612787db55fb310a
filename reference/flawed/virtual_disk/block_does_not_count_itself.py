"""A new refcount block has a refcount of 0."""

FAILS = {"D1"}


def add_block(image: Qcow2, cluster: int) -> None:
    """Give the range of clusters that begins with this one a refcount block: in its first (D11)."""
    index = cluster // image.per_block
    if index >= image.counts_clusters * image.per_table:
        grow_counts(image)
        return
    cluster = index * image.per_block
    check_free(image, range(cluster, cluster + 1))
    offset = cluster * image.cluster
    write_table(image, offset, bytes(image.cluster))
    write_refcounts(image, offset, {1: 0})
    image.file.flush()
    write_table(image, image.counts_offset + index * ENTRY, offset.to_bytes(ENTRY, "big"))
    image.tables.add(cluster)
