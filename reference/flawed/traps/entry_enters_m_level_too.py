"""Entry into S-mode also clears MIE, "so that nothing can disturb the handler"."""

FAILS = {"T2", "T13", "T22"}


def enter(hart, level, trap):
    status = set_field(hart.mstatus, level.pie, get_field(hart.mstatus, level.ie))
    status = set_field(set_field(status, SIE, 0), MIE, 0)
    hart.mstatus = set_field(status, level.pp, hart.mode)
    setattr(hart, level.epc, hart.pc)
    setattr(hart, level.cause, trap.cause | (INTERRUPT_BIT if trap.interrupt else 0))
    hart.mode = level.mode
