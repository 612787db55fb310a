"""Fork, so that a child lives on into the next test."""

import os

TELLS = "start a process or a thread"


def attack(*arguments, **named):
    os.fork()
