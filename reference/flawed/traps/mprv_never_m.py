"""MPRV with MPP = M makes S-mode accesses, since MPRV is there to lower the privilege."""

FAILS = {"T11"}


def access_mode(hart, fetch):
    if not fetch and hart.mstatus & MPRV:
        return Mode(min(get_field(hart.mstatus, MPP), Mode.S))
    return hart.mode
