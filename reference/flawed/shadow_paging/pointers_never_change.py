"""A store to a table drops the leaves that were made from it as leaves, not as pointers."""

FAILS = {"S9", "S10", "S12", "S17"}


def remember(host, place, leaf):
    pager.mapped[leaf.target].add(place)
    for address in leaf.ptes:
        page = address & ~(PAGE_SIZE - 1)
        if address == leaf.ptes[-1]:
            pager.made_from[address].add(place)
        pager.tables[page] += 1
        pager.stores[page] = 0
        if pager.tables[page] == 1:
            protect(host, page)
