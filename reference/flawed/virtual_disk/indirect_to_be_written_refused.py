"""An indirect descriptor with the flag WRITE is refused."""

FAILS = {"D16"}


def follow(queue: Queue, head: int) -> Chain:
    """Collect the buffers of a chain. Each descriptor is read once (D16, D17)."""
    table, size, index = queue.descriptors, queue.size, head
    readable: list[Buffer] = []
    writable: list[Buffer] = []
    indirect = False
    while len(readable) + len(writable) < queue.size:
        if index >= size:
            raise Broken(f"descriptor {index} of {size}")
        entry = bytes(ram(table + DESCRIPTOR.size * index, DESCRIPTOR.size))
        address, length, flags, index = DESCRIPTOR.unpack(entry)
        if flags & INDIRECT:
            if not queue.indirect or indirect or flags & (NEXT | WRITE):
                raise Broken("a descriptor that must not be indirect")
            if length == 0 or length % DESCRIPTOR.size:
                raise Broken(f"a table of {length} bytes")
            table, size, index, indirect = address, length // DESCRIPTOR.size, 0, True
            continue
        if writable and not flags & WRITE:
            raise Broken("what is to be read comes after what is to be written")
        ram(address, length)
        (writable if flags & WRITE else readable).append((address, length))
        if not flags & NEXT:
            return Chain(head, tuple(readable), tuple(writable))
    raise Broken(f"a chain with more than {queue.size} buffers")
