"""The device notes in the descriptor table what it has done."""

FAILS = {"D15", "D16", "D17"}


def take(queue: Queue) -> Chain:
    """Take the next chain that is available (D16)."""
    head = number(queue.driver + 4 + 2 * (queue.taken % queue.size), 2)
    chain = follow(queue, head)
    ram(queue.descriptors + 16 * head + 8, 4)[:] = bytes(4)
    queue.taken = queue.taken + 1 & 0xFFFF
    return chain
