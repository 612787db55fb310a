"""A waiting hart goes on for whatever is pending, enabled in mie or not."""

FAILS = {"T9", "T19"}


def wakes(hart):
    return csrs.pending(hart) != 0
