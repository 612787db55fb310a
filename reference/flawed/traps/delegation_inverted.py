"""The test of the delegation bit is the wrong way round."""

FAILS = {"T1", "T2", "T3", "T6", "T13", "T14", "T20", "T21", "T22"}


def destination(hart, trap):
    delegated = hart.mideleg if trap.interrupt else hart.medeleg
    if hart.mode != Mode.M and not delegated >> trap.cause & 1:
        return S_LEVEL
    return M_LEVEL
