"""Kill the process that makes workers."""

import os
import signal

TELLS = "signal another process"


def attack(*arguments, **named):
    os.kill(os.getppid(), signal.SIGKILL)
