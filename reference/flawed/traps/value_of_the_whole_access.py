"""A fault reports where the access begins, not the portion that failed."""

FAILS = {"T6"}


def trap_value(hart, trap):
    if trap.interrupt or trap.cause in ECALLS.values():
        return 0
    if trap.cause == Exc.BREAKPOINT:
        return hart.pc
    return trap.instruction if trap.cause == Exc.ILLEGAL_INSTRUCTION else trap.address
