"""sret pops the interrupt enable of M-mode as well."""

FAILS = {"T8"}


def sret(hart):
    need_supervisor(hart, TSR, "sret")
    leave(hart, S_LEVEL)
    hart.mstatus = set_field(hart.mstatus, MIE, get_field(hart.mstatus, MPIE))
