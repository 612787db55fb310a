"""Every access sets D."""

FAILS = {"S6", "S7", "S17"}


def mark(host, found, access):
    marked = found.pte | A | D
    if marked != found.pte and not host.compare_and_set(found.ptes[-1], found.pte, marked):
        return None
    return marked
