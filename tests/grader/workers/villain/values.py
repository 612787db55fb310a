"""Answers of every wrong kind."""

import builtins
import json
import os

import forgery
from vmlab.trap import GuestFault, IllegalInstruction, Trap


def change(hart, name):
    if name == "fine":
        hart.x[5] = 7
        hart.pc += 4
    elif name == "replaced list":
        hart.x = [0] * 31 + [9]
    elif name == "illegal":
        hart.pc = 99
        raise IllegalInstruction
    elif name == "fault":
        raise GuestFault(Trap(12, address=hart.pc))
    elif name == "bad fault":
        raise GuestFault("no trap")
    elif name == "wide":
        hart.pc = 1 << 64
    elif name == "negative":
        hart.x[3] = -1
    elif name == "x0":
        hart.x[0] = 1
    elif name == "short list":
        hart.x.pop()
    elif name == "bool":
        hart.pc = True
    elif name == "equal":
        hart.pc = Equal()
    else:
        forgery.forge_changes(name.removeprefix("forged "))


class Equal:
    """Equal to everything, and more besides."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __index__(self):
        return 5

    __int__ = __index__

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __repr__(self):
        raise RuntimeError("no text for you")


class EvilInt(int):
    def __int__(self):
        return "gotcha"

    __index__ = __add__ = __int__

    def __le__(self, other):
        return True

    __lt__ = __ge__ = __gt__ = __le__


def exits(kind):
    def attack():
        raise kind

    return attack


def replace_builtins():
    for name in ("len", "type", "isinstance", "getattr", "print", "next", "range", "str", "int"):
        setattr(builtins, name, lambda *a, **k: 1)
    return 1


def replace_json():
    import vmlab.link.wire

    json.dumps = lambda *a, **k: '{"id": 0, "kind": "return", "result": 1, "inout": {}}'
    vmlab.link.wire.codec = None
    return 1


NUMBERS = {
    "right": lambda: 42,
    "none": lambda: None,
    "huge": lambda: 1 << 64,
    "gigantic": lambda: 10**4000,
    "negative": lambda: -1,
    "bool": lambda: True,
    "nan": lambda: float("nan"),
    "float": lambda: 1.0,
    "text": lambda: "42",
    "equal": lambda: Equal(),
    "evil int": lambda: EvilInt(3),
    "exit": exits(SystemExit),
    "interrupt": exits(KeyboardInterrupt),
    "generator exit": exits(GeneratorExit),
    "exit zero": lambda: os._exit(0),
    "replace builtins": replace_builtins,
    "replace json": replace_json,
    "zero division": lambda: 1 // 0,
}
