"""Tables are not protected, and a fence of an address drops the one splinter of a superpage."""

FAILS = {"S10", "S13", "S17"}


def is_protected(page):
    return False


def written(host, address, length):
    pass


def fence(host, address, asid):
    for place in list(pager.leaves):
        if address is None or place.page == address & ~(PAGE_SIZE - 1):
            drop(place)
    settle(host)
