"""U-mode may use every page: in the shadow all of them have U."""

FAILS = {"S4", "S6", "S8", "S17"}


def allows(view, pte, access):
    if not view.user and pte & U and (access is Access.FETCH or not view.sum):
        return False
    if access is Access.FETCH:
        return bool(pte & X)
    if access is Access.LOAD:
        return bool(pte & (R | X if view.mxr else R))
    return bool(pte & W)
