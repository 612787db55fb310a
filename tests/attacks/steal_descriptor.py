"""Take the report's descriptor out of the grader."""

import ctypes
import os

libc = ctypes.CDLL(None)

TELLS = "look into another process"


def attack(*arguments, **named):
    libc.syscall(434, os.getppid(), 0)
