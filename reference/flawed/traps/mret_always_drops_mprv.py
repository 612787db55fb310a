"""mret clears MPRV even if it returns to M-mode."""

FAILS = {"T7", "T13"}


def mret(hart):
    if hart.mode != Mode.M:
        raise IllegalInstruction("mret outside M-mode")
    leave(hart, M_LEVEL)
    hart.mstatus = set_field(hart.mstatus, MPRV, 0)
