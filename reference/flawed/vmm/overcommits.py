"""More frames are promised than there are."""

FAILS = {"V13", "V14", "V20"}


def unpromised():
    return len(vmm.free)
