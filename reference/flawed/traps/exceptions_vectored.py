"""In vectored mode exceptions have vectors too."""

FAILS = {"T3", "T13", "T22"}


def handler_address(tvec, trap):
    base = tvec & ~0b11
    return base if tvec & 0b11 == DIRECT else base + 4 * trap.cause & MASK64
