"""An entry that was marked once is taken to be marked for ever."""

FAILS = {"S6"}


def mark(host, found, access):
    marked = found.pte | (A | D if access is Access.STORE else A)
    once = found.ptes[-1], marked
    if marked != found.pte and once not in pager.stores:
        if not host.compare_and_set(found.ptes[-1], found.pte, marked):
            return None
        pager.stores[once] = 1
    return marked
