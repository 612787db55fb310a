"""avail.idx may be ahead by more than the queue."""

FAILS = {"D17"}


def waiting(queue: Queue) -> int:
    """Return how many chains the driver has made available (D16)."""
    return number(queue.driver + 2, 2) - queue.taken & 0xFFFF
