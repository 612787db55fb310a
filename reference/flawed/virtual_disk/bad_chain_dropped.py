"""A chain that breaks a rule is skipped, and the queue served on."""

FAILS = {"D17"}


def serve(store: Store, memory: memoryview, disk: int, queue: Queue) -> bool:
    """Answer the requests that wait, no more than wait now (D16, D17)."""
    host.store, host.memory = store, memory
    served = 0
    try:
        for _ in range(waiting(queue)):
            try:
                chain = take(queue)
                give_back(queue, chain, answer(disks[disk], queue, chain))
                served += 1
            except Broken:
                queue.taken = queue.taken + 1 & 0xFFFF
        return served > 0 and not number(queue.driver, 2) & NO_INTERRUPT
    except Broken:
        queue.broken = True
        return served > 0
