"""The pc moves on by 4, also over a compressed instruction."""

FAILS = {"V4", "V10"}


def step(decoded):
    return Intent(Do.STEP, length=4)
