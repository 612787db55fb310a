"""The driver is interrupted whatever it said."""

FAILS = {"D16"}


def serve(store: Store, memory: memoryview, disk: int, queue: Queue) -> bool:
    """Answer the requests that wait, no more than wait now (D16, D17)."""
    host.store, host.memory = store, memory
    served = 0
    try:
        for _ in range(waiting(queue)):
            chain = take(queue)
            give_back(queue, chain, answer(disks[disk], queue, chain))
            served += 1
        return True
    except Broken:
        queue.broken = True
        return served > 0
