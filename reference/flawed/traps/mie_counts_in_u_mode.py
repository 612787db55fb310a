"""MIE = 0 masks the interrupts of M-mode in U-mode, as if nothing lay between the two."""

FAILS = {"T4"}


def interruptible(hart, level):
    if level is M_LEVEL:
        return hart.mode == Mode.S or bool(hart.mstatus & MIE)
    return hart.mode == Mode.U or (hart.mode == Mode.S and bool(hart.mstatus & SIE))
