"""Pending is what stands in mip: the wire of the PLIC is forgotten."""

FAILS = {"T4"}


def choose_interrupt(hart):
    ready = hart.mip & hart.mie
    for_m = ready & ~hart.mideleg if interruptible(hart, M_LEVEL) else 0
    for_s = ready & hart.mideleg if interruptible(hart, S_LEVEL) else 0
    return most_urgent(for_m or for_s)
