"""TVM and TW forbid sret in S-mode as well."""

FAILS = {"T8", "T13", "T22"}


def sret(hart):
    need_supervisor(hart, TSR | TVM | TW, "sret")
    leave(hart, S_LEVEL)
