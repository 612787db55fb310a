"""Overflow the stack below Python."""

import sys

sys.setrecursionlimit(1 << 30)

TELLS = ""


def attack(*arguments, **named):
    value = []
    for _ in range(2_000_000):
        value = [value]
    return repr(value)
