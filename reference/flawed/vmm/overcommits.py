"""More frames are promised than there are."""

FAILS = {"V13"}


def unpromised():
    return len(vmm.free)
