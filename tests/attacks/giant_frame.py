"""Announce an answer of four gigabytes."""

import os

TELLS = ""


def tell(data):
    """Write to whatever descriptor takes it: one of them is the link."""
    for descriptor in range(3, 200):
        try:
            os.write(descriptor, data)
        except OSError:
            continue


def attack(*arguments, **named):
    tell(b"\xff\xff\xff\xff")
    while True:
        tell(bytes(1 << 16))
