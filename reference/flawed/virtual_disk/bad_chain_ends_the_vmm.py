"""A chain that breaks a rule raises in the VMM."""

FAILS = {"D17"}


def serve(store: Store, memory: memoryview, disk: int, queue: Queue) -> bool:
    """Answer the requests that wait, no more than wait now (D16, D17)."""
    host.store, host.memory = store, memory
    served = 0
    try:
        for _ in range(waiting(queue)):
            chain = take(queue)
            give_back(queue, chain, answer(disks[disk], queue, chain))
            served += 1
        return served > 0 and not number(queue.driver, 2) & NO_INTERRUPT
    except Broken:
        raise
