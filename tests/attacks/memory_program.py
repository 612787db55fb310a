"""Run a program out of memory, where no file system forbids it."""

import os

TELLS = "use a kernel interface"


def attack(*arguments, **named):
    descriptor = os.memfd_create("program")
    os.execve(descriptor, ["program"], {})
