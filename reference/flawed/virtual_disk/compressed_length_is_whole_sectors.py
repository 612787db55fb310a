"""The data of a compressed cluster is taken to begin with a sector."""

FAILS = {"D7", "D10", "D13", "D18"}


def compressed_data(image: Qcow2, entry: int) -> tuple[int, int]:
    """Return offset and length of a cluster's compressed data, with what may come after it (D7)."""
    shift = 62 - (image.cluster_bits - 8)
    offset = entry & (1 << shift) - 1 & ~511
    sectors = (entry & COMPRESSED - 1) >> shift
    return offset, (sectors + 1) * 512 - offset % 512
