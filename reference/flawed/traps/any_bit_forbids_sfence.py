"""TSR and TW forbid sfence.vma in S-mode as well."""

FAILS = {"T12", "T13", "T22"}


def check_sfence(hart):
    need_supervisor(hart, TSR | TVM | TW, "sfence.vma")
