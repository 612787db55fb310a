"""The reverse map keeps the first mapping of a page only."""

FAILS = {"S14", "S17"}


def remember(host, place, leaf):
    if not pager.mapped[leaf.target]:
        pager.mapped[leaf.target].add(place)
    for address in leaf.ptes:
        page = address & ~(PAGE_SIZE - 1)
        pager.made_from[address].add(place)
        pager.tables[page] += 1
        pager.stores[page] = 0
        if pager.tables[page] == 1:
            protect(host, page)
