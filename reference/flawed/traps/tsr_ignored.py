"""sret does not look at TSR."""

FAILS = {"T8", "T13", "T22"}


def sret(hart):
    if hart.mode == Mode.U:
        raise IllegalInstruction("sret in U-mode")
    leave(hart, S_LEVEL)
