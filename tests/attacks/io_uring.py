"""Have the kernel open files by io_uring, past the filter."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "use a kernel interface"


def attack(*arguments, **named):
    libc.syscall(425, 8, ctypes.create_string_buffer(256))
