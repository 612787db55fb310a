"""Make itself open to others, and outlive its parent."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "change what a process may do"


def attack(*arguments, **named):
    libc.prctl(4, 1, 0, 0, 0)
