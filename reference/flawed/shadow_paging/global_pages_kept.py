"""Tables are not protected, and no fence drops what the guest marked as global."""

FAILS = {"S10", "S13", "S17"}


def is_protected(page):
    return False


def written(host, address, length):
    pass


def fence(host, address, asid):
    for place, leaf in list(pager.leaves.items()):
        if not leaf.ptes or not read_pte(leaf.ptes[-1], Access.LOAD, 0) & 1 << 5:
            drop(place)
    settle(host)
