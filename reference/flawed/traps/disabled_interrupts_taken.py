"""Whatever is pending is taken: mie is not looked at."""

FAILS = {"T4", "T13", "T19", "T20", "T22"}


def choose_interrupt(hart):
    ready = csrs.pending(hart)
    for_m = ready & ~hart.mideleg if interruptible(hart, M_LEVEL) else 0
    for_s = ready & hart.mideleg if interruptible(hart, S_LEVEL) else 0
    return most_urgent(for_m or for_s)
