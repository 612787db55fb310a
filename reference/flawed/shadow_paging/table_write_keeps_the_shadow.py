"""A store to a table is emulated, but the shadow that was made from it is kept."""

FAILS = {"S10"}


def written(host, address, length):
    pass
