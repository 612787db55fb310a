"""A table that is written much is no longer protected, and what was made from it stays."""

FAILS = {"S12"}


def written(host, address, length):
    drop_made_from(address, length)
    page = address & ~(PAGE_SIZE - 1)
    if is_protected(page):
        pager.stores[page] += 1
        if pager.stores[page] > FLOOD:
            pager.tables[page] = 0
