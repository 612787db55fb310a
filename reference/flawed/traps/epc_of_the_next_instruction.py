"""After an ecall epc is that of the next instruction."""

FAILS = {"T2", "T13", "T14", "T22"}


def enter(hart, level, trap):
    status = set_field(hart.mstatus, level.pie, get_field(hart.mstatus, level.ie))
    status = set_field(status, level.ie, 0)
    hart.mstatus = set_field(status, level.pp, hart.mode)
    is_ecall = not trap.interrupt and trap.cause in ECALLS.values()
    setattr(hart, level.epc, hart.pc + 4 & MASK64 if is_ecall else hart.pc)
    setattr(hart, level.cause, trap.cause | (INTERRUPT_BIT if trap.interrupt else 0))
    hart.mode = level.mode
