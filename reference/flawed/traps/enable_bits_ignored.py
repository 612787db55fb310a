"""MIE and SIE do not count: every interrupt for the current mode or a higher one is taken."""

FAILS = {"T4", "T13", "T19", "T22"}


def interruptible(hart, level):
    return hart.mode <= level.mode
