"""A waiting hart goes on only for an interrupt that it then takes."""

FAILS = {"T9", "T13", "T19", "T22"}


def wakes(hart):
    return choose_interrupt(hart) is not None
