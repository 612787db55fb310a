"""A request that is refused is given back without a status."""

FAILS = {"D15", "D17"}


def answer(image: Image, queue: Queue, chain: Chain) -> int:
    """Answer a request; return how many bytes are written, from the first on (D15, D16)."""
    room = length_of(chain.writable) - 1  # the last byte is the status
    if room < 0:
        raise Broken("no room for a status")
    data, status = b"", IOERR
    if room <= MOST and HEADER.size <= length_of(chain.readable) <= HEADER.size + MOST:
        request = b"".join(bytes(ram(*buffer)) for buffer in chain.readable)
        try:
            data, status = perform(image, queue, request, room)
        except Refused:
            return 0
    scatter(chain.writable, data)
    scatter(chain.writable, bytes([status]), room)
    return room + 1 if len(data) == room else len(data)
