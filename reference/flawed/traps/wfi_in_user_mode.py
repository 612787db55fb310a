"""wfi is allowed in U-mode as long as TW = 0."""

FAILS = {"T9", "T17"}


def check_wfi(hart):
    if hart.mode != Mode.M and hart.mstatus & TW:
        raise IllegalInstruction("wfi with TW = 1")
