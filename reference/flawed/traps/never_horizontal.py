"""S-mode never handles its own traps: only what comes from U-mode is delegated."""

FAILS = {"T1", "T2", "T13", "T14", "T20", "T22"}


def destination(hart, trap):
    delegated = hart.mideleg if trap.interrupt else hart.medeleg
    if hart.mode == Mode.U and delegated >> trap.cause & 1:
        return S_LEVEL
    return M_LEVEL
