"""Look through every object of the process."""

import gc

TELLS = ""


def attack(*arguments, **named):
    found = [each for each in map(repr, gc.get_objects()) if "CANARY" in each or "hidden" in each]
    raise RuntimeError(found[:100])
