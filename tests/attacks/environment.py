"""Print the environment, the arguments and all modules' places."""

import os

TELLS = ""


def attack(*arguments, **named):
    import sys

    print(dict(os.environ), sys.argv, sys.orig_argv, {n: repr(m) for n, m in sys.modules.items()})
    raise RuntimeError(dict(os.environ))
