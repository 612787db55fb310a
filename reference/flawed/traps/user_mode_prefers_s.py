"""In U-mode an interrupt for S-mode, the next mode up, comes before one for M-mode."""

FAILS = {"T4"}


def choose_interrupt(hart):
    ready = csrs.pending(hart) & hart.mie
    for_m = ready & ~hart.mideleg if interruptible(hart, M_LEVEL) else 0
    for_s = ready & hart.mideleg if interruptible(hart, S_LEVEL) else 0
    if hart.mode == Mode.U:
        return most_urgent(for_s or for_m)
    return most_urgent(for_m or for_s)
