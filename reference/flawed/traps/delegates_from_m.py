"""A delegated exception goes to S-mode even if M-mode raised it."""

FAILS = {"T1", "T13", "T22"}


def destination(hart, trap):
    delegated = hart.mideleg if trap.interrupt else hart.medeleg
    return S_LEVEL if delegated >> trap.cause & 1 else M_LEVEL
