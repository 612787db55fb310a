"""The cause of an interrupt is written without the interrupt bit."""

FAILS = {"T2", "T13", "T22"}


def enter(hart, level, trap):
    status = set_field(hart.mstatus, level.pie, get_field(hart.mstatus, level.ie))
    status = set_field(status, level.ie, 0)
    hart.mstatus = set_field(status, level.pp, hart.mode)
    setattr(hart, level.epc, hart.pc)
    setattr(hart, level.cause, trap.cause)
    hart.mode = level.mode
