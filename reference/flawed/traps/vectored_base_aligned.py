"""In vectored mode BASE is rounded down to 64 bytes."""

FAILS = {"T3"}


def handler_address(tvec, trap):
    base = tvec & ~0b11
    if tvec & 0b11 == DIRECT:
        return base
    base &= ~0x3F
    return base + 4 * trap.cause & MASK64 if trap.interrupt else base
