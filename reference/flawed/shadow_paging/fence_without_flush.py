"""A fence clears the shadow, but the machine's own MMU still remembers it."""

FAILS = {"S10"}


def fence(host, address, asid):
    pass
