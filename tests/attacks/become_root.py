"""Become root again."""

import os

TELLS = "change what a process may do"


def attack(*arguments, **named):
    os.setresuid(0, 0, 0)
