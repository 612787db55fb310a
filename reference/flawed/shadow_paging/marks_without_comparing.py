"""A and D are written as if nobody else could have changed the entry."""

FAILS = {"S16"}


def mark(host, found, access):
    marked = found.pte | (A | D if access is Access.STORE else A)
    if marked != found.pte:
        index = word_index(frame_of(found.ptes[-1]) << PAGE_SHIFT | found.ptes[-1] % PAGE_SIZE)
        pager.words[index] = marked
    return marked
