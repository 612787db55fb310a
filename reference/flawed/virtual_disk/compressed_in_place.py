"""Bit 62 is forgotten when a cluster is written."""

FAILS = {"D1"}


def host_clusters(image: Qcow2, entry: int) -> range:
    """Return the clusters of the file that an entry of L2 refers to (D9, D10)."""
    if entry & COMPRESSED:
        return range(0)
    offset = data_of(image, entry)
    length = image.cluster if offset else 0
    return range(offset // image.cluster, -(-(offset + length) // image.cluster))
