"""A frame goes to a VM as the last one left it."""

FAILS = {"V5", "V12", "V15", "V20", "V21"}


def take_frame():
    return vmm.free.pop()
