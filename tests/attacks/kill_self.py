"""End as a worker ends that is killed from outside, to be graded again and again."""

import os
import signal

TELLS = "signal another process"


def attack(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
