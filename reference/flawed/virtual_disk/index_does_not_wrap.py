"""avail.idx is compared without modulo 2^16."""

FAILS = {"D16", "D17"}


def waiting(queue: Queue) -> int:
    """Return how many chains the driver has made available (D16)."""
    count = max(0, number(queue.driver + 2, 2) - queue.taken)
    if count > queue.size:
        raise Broken(f"{count} chains in a queue of {queue.size}")
    return count
