"""mret is executed in any mode."""

FAILS = {"T7", "T17", "T22"}


def mret(hart):
    leave(hart, M_LEVEL)
