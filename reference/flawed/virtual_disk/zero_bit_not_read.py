"""The zero bit is not looked at."""

FAILS = {"D7", "D10", "D12", "D13", "D18"}


def read_cluster(image: Qcow2, cluster: int, start: int, length: int) -> bytes:
    """Return bytes of one cluster of the disk (D7, D12)."""
    entry = mapping(image, cluster)
    if entry & COMPRESSED:
        return inflate(image, entry)[start : start + length]
    offset = data_of(image, entry)
    if offset:
        return image.file.read(offset + start, length)
    return read_below(image, cluster * image.cluster + start, length)
