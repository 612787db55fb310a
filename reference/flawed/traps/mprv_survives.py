"""A return to a lower mode leaves MPRV on."""

FAILS = {"T7", "T8"}


def leave(hart, level):
    hart.mode = Mode(get_field(hart.mstatus, level.pp))
    status = set_field(hart.mstatus, level.ie, get_field(hart.mstatus, level.pie))
    status = set_field(status, level.pie, 1)
    hart.mstatus = set_field(status, level.pp, Mode.U)
    hart.pc = getattr(hart, level.epc)
