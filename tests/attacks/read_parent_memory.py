"""Read the parent's memory."""

import ctypes
import os

libc = ctypes.CDLL(None)

TELLS = "look into another process"


def attack(*arguments, **named):
    buffer = ctypes.create_string_buffer(4096)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 4096)
    libc.process_vm_readv(os.getppid(), vector, 1, vector, 1, 0)
