"""A compressed cluster is taken to lie in one cluster of the file."""

FAILS = {"D10"}


def host_clusters(image: Qcow2, entry: int) -> range:
    """Return the clusters of the file that an entry of L2 refers to (D9, D10)."""
    if entry & COMPRESSED:
        offset, length = compressed_data(image, entry)[0], 1
    else:
        offset = data_of(image, entry)
        length = image.cluster if offset else 0
    return range(offset // image.cluster, -(-(offset + length) // image.cluster))
