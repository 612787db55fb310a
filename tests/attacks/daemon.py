"""Fork twice and start a session, out of everybody's sight."""

import os

TELLS = "start a process or a thread"


def attack(*arguments, **named):
    if os.fork() == 0:
        os.setsid()
        os.fork()
