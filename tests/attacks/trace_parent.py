"""Attach to the parent as a debugger."""

import ctypes
import os

libc = ctypes.CDLL(None)

TELLS = "look into another process"


def attack(*arguments, **named):
    libc.ptrace(16, os.getppid(), 0, 0)
