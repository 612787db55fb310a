"""What cannot be decompressed reads as zeros."""

FAILS = {"D20"}


def inflate(image: Qcow2, entry: int) -> bytes:
    """Return the contents of a compressed cluster (D7)."""
    offset, length = compressed_data(image, entry)
    decoder = zlib.decompressobj(-12)
    try:
        data = decoder.decompress(image.file.read(offset, length), image.cluster)
    except zlib.error:
        data = b""
    return data.ljust(image.cluster, b"\0")
