"""Without translation a program still has user pages only, and there are none."""

FAILS = {"S1", "S9", "S17"}


def view_now():
    if pager.mode == Mode.M or pager.satp >> 60 == BARE:
        return View(0, pager.mode == Mode.U, False, False)
    user = pager.mode == Mode.U
    return View(pager.satp, user, pager.sum and not user, pager.mxr)
