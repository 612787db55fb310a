"""A header extension is taken to end with its data."""

FAILS = {"D12"}


def read_extensions(image: Qcow2, start: int, end: int) -> dict[int, bytes]:
    """Return the header extensions: type to data (D6)."""
    area = image.file.read(0, min(end or image.cluster, image.cluster))
    found = {}
    while start + 8 <= len(area):
        kind, length = struct.unpack_from(">II", area, start)
        if kind == 0:
            break
        if length > len(area) - start - 8:
            corrupt(image, f"a header extension of {length} bytes")
        found[kind] = area[start + 8 : start + 8 + length]
        start += 8 + length
    return found
