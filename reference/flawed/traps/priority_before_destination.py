"""The most urgent interrupt is chosen first, and only then looked at where it goes."""

FAILS = {"T4", "T13", "T22"}


def choose_interrupt(hart):
    code = most_urgent(csrs.pending(hart) & hart.mie)
    if code is None:
        return None
    level = S_LEVEL if hart.mideleg >> code & 1 else M_LEVEL
    return code if interruptible(hart, level) else None
