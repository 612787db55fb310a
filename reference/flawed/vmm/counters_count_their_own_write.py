"""An instruction that writes a counter is counted there, too."""

FAILS = {"V6"}


def uncount(vm, decoded):
    pass
