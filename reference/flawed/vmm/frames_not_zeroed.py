"""A frame goes to a VM as the last one left it."""

FAILS = {"V15"}


def take_frame():
    return vmm.free.pop()
