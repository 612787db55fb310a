"""Clusters that become free are not used again."""

FAILS = {"D18"}


def change_refcounts(image: Qcow2, changes: Mapping[int, int]) -> None:
    """Add to the refcounts of clusters, to all or, if that is refused, to none (D9, D19)."""
    counts = {}
    for cluster in sorted(changes):
        count = counts[cluster] = refcount(image, cluster) + changes[cluster]
        if count < 0 or not block_of(image, cluster // image.per_block):
            corrupt(image, f"cluster {cluster:#x} is used more often than its refcount says")
        if count >> image.count_bits:
            unsupported(f"{count} references with refcounts of {image.count_bits} bits")
    for index, group in groupby(counts, lambda cluster: cluster // image.per_block):
        own = {cluster % image.per_block: counts[cluster] for cluster in group}
        write_refcounts(image, block_of(image, index), own)
    for cluster in (cluster for cluster, count in counts.items() if not count):
        image.tables.discard(cluster)
