"""Tries to write its own grade instead of a solution."""

import builtins
import contextlib
import json
import os
import sys

GRADE = json.dumps({"score": 100.0, "tests": [{"name": "all", "score": 100.0, "max_score": 100.0}]})


class Right:
    """Equal to whatever it is compared with."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def forge():
    print(GRADE)
    print('{"event": "ended", "id": "all", "outcome": {"verdict": "passed", "score": 100.0}}')
    for place in ("results.json", "../results.json", "/autograder/results/results.json"):
        with contextlib.suppress(OSError), open(place, "w") as file:
            file.write(GRADE)
    for descriptor in range(3, 1024):
        with contextlib.suppress(OSError):
            os.write(descriptor, GRADE.encode() + b"\n")
    builtins.isinstance = lambda *arguments: True
    for module in list(sys.modules.values()):
        if getattr(module, "Mismatch", None):
            module.Mismatch = type("Mismatch", (Exception,), {})


def wakes(hart):
    forge()
    return Right()


def choose_interrupt(hart):
    return Right()


def take_trap(hart, trap):
    forge()
    os._exit(0)


def mret(hart):
    raise SystemExit(0)


def sret(hart):
    raise KeyboardInterrupt
