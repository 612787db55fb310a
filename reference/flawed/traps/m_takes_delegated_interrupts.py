"""In M-mode with SIE = 1 a delegated interrupt is taken."""

FAILS = {"T4", "T13", "T22"}


def interruptible(hart, level):
    if level is S_LEVEL:
        return hart.mode == Mode.U or bool(hart.mstatus & SIE)
    return hart.mode != Mode.M or bool(hart.mstatus & MIE)
