"""Mount a file system over the kit."""

import ctypes

libc = ctypes.CDLL(None)

TELLS = "change the file system"


def attack(*arguments, **named):
    libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0)
