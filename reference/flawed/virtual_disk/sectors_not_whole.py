"""Reads and writes of some bytes of a sector are done."""

FAILS = {"D15"}


def perform(image: Image, queue: Queue, request: bytes, room: int) -> tuple[bytes, int]:
    """Do what a request asks for; return the data, at most `room` bytes, and the status (D15)."""
    (kind, _, sector), payload = HEADER.unpack_from(request), request[HEADER.size :]
    if kind == IN:
        return read_disk(image, sector * SECTOR, room), OK
    if kind == OUT:
        write_disk(image, sector * SECTOR, payload)
        if not queue.write_back:
            flush_image(image)
        return b"", OK
    if kind == FLUSH:
        flush_image(image)
        return b"", OK
    if kind == GET_ID:
        return image.file.name.encode()[:ID_SIZE].ljust(ID_SIZE, b"\0")[:room], OK
    return b"", UNSUPP
