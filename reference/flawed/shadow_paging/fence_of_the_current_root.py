"""Tables are not protected, and a fence reaches the current root's shadow only."""

FAILS = {"S9", "S10", "S12", "S13", "S17"}


def is_protected(page):
    return False


def written(host, address, length):
    pass


def fence(host, address, asid):
    for place in list(pager.leaves):
        if place.view == view_now():
            drop(place)
    settle(host)
