"""Become root in a namespace of its own."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "change what a process may do"


def attack(*arguments, **named):
    libc.unshare(0x10000000)
