"""SIE = 0 masks the interrupts of S-mode in U-mode as well."""

FAILS = {"T4", "T22"}


def interruptible(hart, level):
    if level is S_LEVEL:
        return hart.mode != Mode.M and bool(hart.mstatus & SIE)
    return hart.mode != Mode.M or bool(hart.mstatus & MIE)
