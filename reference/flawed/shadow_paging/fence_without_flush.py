"""A fence clears the shadow, but the machine's own MMU still remembers it."""

FAILS = {"S9", "S10", "S12", "S17", "S18"}


def fence(host, address, asid):
    pass
