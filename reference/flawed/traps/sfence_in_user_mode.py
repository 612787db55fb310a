"""sfence.vma is allowed in U-mode, "since it can do no harm"."""

FAILS = {"T12", "T17"}


def check_sfence(hart):
    if hart.mode == Mode.S and hart.mstatus & TVM:
        raise IllegalInstruction("sfence.vma")
