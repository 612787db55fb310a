"""A submission that tries everything: `attack(name)` runs one of the attacks in its modules."""

import os
import signal
import time

import forgery
import limits
import surroundings
import walls
from values import NUMBERS, change  # noqa: F401  a function of the interface
from vmlab.trap import Exit, GuestFault

LEFT_BEHIND = []


def attack(name, argument):
    return str(ATTACKS[name](argument))


def number(name):
    return NUMBERS[name]()


def flag(name):
    return {"true": True, "one": 1, "zero": 0}[name]


def mode(name):
    return {"plain": 1, "true": True, "two": 2, "float": 1.0}[name]


def short(text):
    return [0] * len(text)


def echo(parcel):
    return parcel


def nested(vcpu, computer, name):
    if name == "find":
        return computer.find("A")
    if name == "peek":
        return computer.peek(vcpu.pc) + 1
    if name == "run":
        end = computer.run(vcpu, 10)
        assert type(end) is Exit
        return end.cause
    if name == "fault":
        try:
            return computer.peek(13)
        except GuestFault as fault:
            return fault.trap.cause
    if name == "swallow":
        try:
            return computer.peek(666)
        except BaseException:
            return computer.peek(1)
    if name == "endless":
        while True:
            computer.peek(1)
    if name == "out of range":
        return computer.peek(-1)
    if name == "unknown":
        return computer.poke(1)
    if name == "keep":
        LEFT_BEHIND.append(computer)
        return 0
    if name == "kept":
        return LEFT_BEHIND[0].peek(1)
    if name.startswith("compact "):
        return forgery.forge_compact_call(name.removeprefix("compact "))
    return forgery.forge_call(name)


def fill(ram, offset, data):
    ram[offset : offset + len(data)] = data


def close_all(_):
    os.closerange(0, 4096)
    time.sleep(60)


def import_module(name):
    __import__(name)
    return "imported"


def colours(_):
    print("\x1b[31mred\x1b]0;title\x07")
    raise ValueError("\x1b[2J\u202e")


ATTACKS = {
    **walls.ATTACKS,
    **limits.ATTACKS,
    **forgery.ATTACKS,
    **surroundings.ATTACKS,
    "nothing": lambda _: "done",
    "print": lambda text: print(text),
    "print and exit": lambda text: (print(text), os._exit(3)),
    "abort": lambda _: os.abort(),
    "raise signal": lambda _: signal.raise_signal(signal.SIGSEGV),
    "close all": close_all,
    "import": import_module,
    "remember": lambda text: (LEFT_BEHIND.append(text), LEFT_BEHIND)[1],
    "colours": colours,
}
