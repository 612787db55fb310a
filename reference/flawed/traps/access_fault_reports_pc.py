"""An access fault reports pc, not the address of the access."""

FAILS = {"T6", "T22"}


def trap_value(hart, trap):
    if trap.interrupt or trap.cause in ECALLS.values():
        return 0
    if trap.cause == Exc.ILLEGAL_INSTRUCTION:
        return trap.instruction
    if trap.cause in (Exc.LOAD_ACCESS, Exc.STORE_ACCESS, Exc.BREAKPOINT):
        return hart.pc
    return trap.address + trap.offset & MASK64
