"""Close everything, and wait."""

import os

TELLS = ""


def attack(*arguments, **named):
    os.closerange(0, 4096)
    while True:
        pass
