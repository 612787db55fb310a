"""wfi with TW = 1 is allowed if an interrupt is pending already."""

FAILS = {"T9", "T13", "T22"}


def check_wfi(hart):
    if hart.mode == Mode.U or (hart.mode == Mode.S and hart.mstatus & TW and not wakes(hart)):
        raise IllegalInstruction("wfi")
