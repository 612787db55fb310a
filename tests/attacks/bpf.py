"""Load a program into the kernel."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "use a kernel interface"


def attack(*arguments, **named):
    libc.syscall(321, 0, 0, 0)
