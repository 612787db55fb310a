"""Only the exceptions below 12 are delegated: medeleg is taken for a register of 12 bits."""

FAILS = {"T1", "T6", "T13"}


def destination(hart, trap):
    delegated = hart.mideleg if trap.interrupt else hart.medeleg & 0xFFF
    if hart.mode != Mode.M and delegated >> trap.cause & 1:
        return S_LEVEL
    return M_LEVEL
