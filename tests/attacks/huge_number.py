"""Answer with a number of a million digits."""

TELLS = ""


def attack(*arguments, **named):
    return 1 << 4_000_000
