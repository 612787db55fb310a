"""Every load from a device is zero-extended."""

FAILS = {"V4"}


def extended(value, width):
    return value
