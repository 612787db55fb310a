"""Interrupts are delegated by medeleg, as if there were no mideleg."""

FAILS = {"T1", "T2", "T3", "T13", "T22"}


def destination(hart, trap):
    if hart.mode != Mode.M and hart.medeleg >> trap.cause & 1:
        return S_LEVEL
    return M_LEVEL
