"""MPRV changes the mode of fetches as well."""

FAILS = {"T11", "T13"}


def access_mode(hart, fetch):
    if hart.mstatus & MPRV:
        return Mode(get_field(hart.mstatus, MPP))
    return hart.mode
