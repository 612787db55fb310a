"""A store to a table is emulated, but the shadow that was made from it is kept."""

FAILS = {"S6", "S9", "S10", "S12", "S13", "S17"}


def written(host, address, length):
    pass
