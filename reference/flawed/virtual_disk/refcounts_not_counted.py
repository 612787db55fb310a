"""Clusters are taken from the end of the file, without a refcount."""

FAILS = {"D6", "D8", "D9", "D10", "D11", "D13", "D18", "D19", "D21", "D22"}


def allocate(image: Qcow2, count: int = 1, table: bool = False) -> int:
    """Return the offset of so many free clusters in a row; their refcounts are 1 now (D9, D11)."""
    if count > image.per_block // 2:
        unsupported(f"{count} clusters in a row")
    cluster, run = image.free_from, 0
    while run < count:
        if not block_of(image, cluster // image.per_block):
            add_block(image, cluster)
        run = 0 if refcount(image, cluster) else run + 1
        cluster += 1
    clusters = range(cluster - count, cluster)
    check_free(image, clusters)
    if table:
        change_refcounts(image, dict.fromkeys(clusters, 1))
    if count:
        image.free_from = cluster
    if table:
        image.tables.update(clusters)
    return clusters.start * image.cluster
