"""If the comparison fails, it is made again with the same old value, until it succeeds."""

FAILS = {"S16"}


def mark(host, found, access):
    marked = found.pte | (A | D if access is Access.STORE else A)
    while marked != found.pte and not host.compare_and_set(found.ptes[-1], found.pte, marked):
        pass
    return marked
