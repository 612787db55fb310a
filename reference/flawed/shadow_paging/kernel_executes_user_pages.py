"""With SUM, S-mode executes user pages."""

FAILS = {"S4", "S17"}


def allows(view, pte, access):
    if view.user and not pte & U:
        return False
    if not view.user and pte & U and not view.sum:
        return False
    if access is Access.FETCH:
        return bool(pte & X)
    if access is Access.LOAD:
        return bool(pte & (R | X if view.mxr else R))
    return bool(pte & W)
