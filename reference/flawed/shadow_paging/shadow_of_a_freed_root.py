"""Stores to a root table are not seen: its shadow is used again when the page is a root again."""

FAILS = {"S9"}


def written(host, address, length):
    if address & ~(PAGE_SIZE - 1) != pager.satp << PAGE_SHIFT & (1 << 56) - 1:
        tops = {leaf.ptes[0] & ~(PAGE_SIZE - 1) for leaf in pager.leaves.values() if leaf.ptes}
        if address & ~(PAGE_SIZE - 1) in tops:
            return
    drop_made_from(address, length)
