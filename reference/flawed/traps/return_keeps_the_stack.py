"""A return restores mode and xIE, but leaves xPIE and xPP as they were."""

FAILS = {"T7", "T8", "T13", "T22"}


def leave(hart, level):
    hart.mode = Mode(get_field(hart.mstatus, level.pp))
    status = set_field(hart.mstatus, level.ie, get_field(hart.mstatus, level.pie))
    if hart.mode != Mode.M:
        status = set_field(status, MPRV, 0)
    hart.mstatus = status
    hart.pc = getattr(hart, level.epc)
