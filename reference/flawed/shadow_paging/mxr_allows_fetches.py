"""With MXR, what may be read may be executed."""

FAILS = {"S4", "S17"}


def allows(view, pte, access):
    if view.user and not pte & U:
        return False
    if not view.user and pte & U and (access is Access.FETCH or not view.sum):
        return False
    if access is Access.FETCH:
        return bool(pte & (R | X if view.mxr else X))
    if access is Access.LOAD:
        return bool(pte & (R | X if view.mxr else R))
    return bool(pte & W)
