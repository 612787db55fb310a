"""M-mode uses satp like the other modes."""

FAILS = {"S1", "S11", "S14", "S17"}


def view_now():
    if pager.satp >> 60 == BARE:
        return View(0, False, False, False)
    user = pager.mode == Mode.U
    return View(pager.satp, user, pager.sum and not user, pager.mxr)
