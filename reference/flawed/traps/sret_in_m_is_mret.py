"""sret in M-mode pops the stack of M-mode."""

FAILS = {"T8", "T13", "T22"}


def sret(hart):
    need_supervisor(hart, TSR, "sret")
    leave(hart, M_LEVEL if hart.mode == Mode.M else S_LEVEL)
