"""Of the leaves that were made from an entry only the last is remembered."""

FAILS = {"S10", "S12", "S17"}


def remember(host, place, leaf):
    pager.mapped[leaf.target].add(place)
    for address in leaf.ptes:
        page = address & ~(PAGE_SIZE - 1)
        pager.made_from[address] = {place}
        pager.tables[page] += 1
        pager.stores[page] = 0
        if pager.tables[page] == 1:
            protect(host, page)
