"""When the guest is in another view, the shadow of the last one is given up."""

FAILS = {"S13"}


def shadow_of(host, view):
    if view not in pager.shadows:
        drop_everything(host)
        root = new_table(host)
        pager.shadows[view] = Shadow(root, [root])
    return pager.shadows[view]
