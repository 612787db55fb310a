"""An interrupt writes pc to xtval."""

FAILS = {"T2", "T6"}


def trap_value(hart, trap):
    if trap.interrupt or trap.cause == Exc.BREAKPOINT:
        return hart.pc
    if trap.cause in ECALLS.values():
        return 0
    if trap.cause == Exc.ILLEGAL_INSTRUCTION:
        return trap.instruction
    return trap.address + trap.offset & MASK64
