"""Entry into S-mode always says that the trap came from S-mode."""

FAILS = {"T2", "T13", "T22"}


def enter(hart, level, trap):
    status = set_field(hart.mstatus, level.pie, get_field(hart.mstatus, level.ie))
    status = set_field(status, level.ie, 0)
    hart.mstatus = set_field(status, level.pp, hart.mode if level is M_LEVEL else Mode.S)
    setattr(hart, level.epc, hart.pc)
    setattr(hart, level.cause, trap.cause | (INTERRUPT_BIT if trap.interrupt else 0))
    hart.mode = level.mode
