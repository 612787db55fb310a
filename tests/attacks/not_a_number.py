"""Answer with what is not a number."""

TELLS = ""


def attack(*arguments, **named):
    return float("nan")
