"""Raise what only a keyboard raises."""

TELLS = ""


def attack(*arguments, **named):
    raise KeyboardInterrupt
