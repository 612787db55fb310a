"""If the comparison fails, the pager goes on with the entry that it had read."""

FAILS = {"S16"}


def mark(host, found, access):
    marked = found.pte | (A | D if access is Access.STORE else A)
    if marked != found.pte:
        host.compare_and_set(found.ptes[-1], found.pte, marked)
    return marked
