"""Tell a later test by the times at which files were read, in the only way that is left to it."""

import os
import sys

TELLS = ""


def attack(*arguments, **named):
    for path in [
        *sys.path,
        *(module.__file__ for module in list(sys.modules.values()) if read(module)),
    ]:
        before = seen(path)
        if before is None:
            continue
        try:
            os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()
        except OSError:
            continue
        if "vmlab" in path and seen(path) != before:
            raise SystemError(f"CANARY-7d1f0c: {path} told that it was read")
    raise ValueError("nothing told")


def read(module):
    return isinstance(getattr(module, "__file__", None), str)


def seen(path):
    try:
        return os.stat(path).st_atime_ns
    except OSError:
        return None
