"""A fetch that straddles two pages reports pc, whichever page is missing."""

FAILS = {"T6"}


def trap_value(hart, trap):
    if trap.interrupt or trap.cause in ECALLS.values():
        return 0
    if trap.cause in (Exc.BREAKPOINT, Exc.INSTRUCTION_PAGE, Exc.INSTRUCTION_ACCESS):
        return hart.pc
    if trap.cause == Exc.ILLEGAL_INSTRUCTION:
        return trap.instruction
    return trap.address + trap.offset & MASK64
