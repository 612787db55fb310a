"""The sign is extended for bytes and halfwords only."""

FAILS = {"V4"}


def extended(value, width):
    if width == 4:
        return value
    sign = 1 << 8 * width - 1
    return (value ^ sign) - sign & MASK64
