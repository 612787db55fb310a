"""Delegated interrupts are taken in the order of their codes."""

FAILS = {"T5"}


def choose_interrupt(hart):
    ready = csrs.pending(hart) & hart.mie
    for_m = ready & ~hart.mideleg if interruptible(hart, M_LEVEL) else 0
    for_s = ready & hart.mideleg if interruptible(hart, S_LEVEL) else 0
    if for_m or not for_s:
        return most_urgent(for_m)
    return (for_s & -for_s).bit_length() - 1
