"""mret sets MPP to M, the mode that it leaves."""

FAILS = {"T7", "T13"}


def mret(hart):
    if hart.mode != Mode.M:
        raise IllegalInstruction("mret outside M-mode")
    leave(hart, M_LEVEL)
    hart.mstatus = set_field(hart.mstatus, MPP, Mode.M)
