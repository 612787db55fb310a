"""Refcounts of less than a byte are counted from the highest bit on."""

FAILS = {"D8", "D9", "D11", "D18"}


def refcount(image: Qcow2, cluster: int) -> int:
    """Return how often a cluster of the file is referred to (D9)."""
    index, place = divmod(cluster, image.per_block)
    block = block_of(image, index)
    if not block:
        return 0
    bits = image.count_bits
    at, shift = divmod(place * bits, 8)
    value = int.from_bytes(table_bytes(image, block + at, max(1, bits // 8)), "big")
    shift = 8 - bits - shift if bits < 8 else 0
    return value >> shift & (1 << bits) - 1


def write_refcounts(image: Qcow2, block: int, counts: Mapping[int, int]) -> None:
    """Write some refcounts of one block, by their place in it (D9)."""
    bits = image.count_bits
    first = min(counts) * bits // 8
    data = bytearray(image.file.read(block + first, (max(counts) + 1) * bits // 8 + 1 - first))
    del data[-(-(max(counts) + 1) * bits // 8) - first :]
    for place, count in counts.items():
        at, shift = divmod(place * bits, 8)
        at -= first
        if bits < 8:
            shift = 8 - bits - shift
            data[at] = data[at] & ~((1 << bits) - 1 << shift) | count << shift
        else:
            data[at : at + bits // 8] = count.to_bytes(bits // 8, "big")
    write_table(image, block + first, bytes(data))
