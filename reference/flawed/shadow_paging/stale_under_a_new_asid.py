"""Tables are not watched until the next fence, and shadows are kept by root, whatever the ASID."""

FAILS = {"S9", "S13", "S17"}


def view_now():
    if pager.mode == Mode.M or pager.satp >> 60 == BARE:
        return View(0, False, False, False)
    user = pager.mode == Mode.U
    return View(pager.satp & ~(0xFFFF << 44), user, pager.sum and not user, pager.mxr)


def is_protected(page):
    return False


def protect(host, page):
    return


def fence(host, address, asid):
    drop_everything(host)
