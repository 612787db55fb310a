"""End the process by exception."""

TELLS = ""


def attack(*arguments, **named):
    raise SystemExit(0)
