"""sret is illegal in M-mode."""

FAILS = {"T8", "T13", "T22"}


def sret(hart):
    if hart.mode != Mode.S or hart.mstatus & TSR:
        raise IllegalInstruction("sret outside S-mode")
    leave(hart, S_LEVEL)
