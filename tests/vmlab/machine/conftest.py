"""Machines with the complete `traps` part, and a way to boot a few lines of assembly on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmlab.asm import assemble
from vmlab.machine import Machine
from vmlab.testing.loading import load_part

SOLUTIONS = Path(__file__).parents[3] / "reference" / "solutions"
PRELUDE = """
    .equ FINISHER, 0x100000
    .equ MSIP, 0x2000000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ UART, 0x10000000
"""


@pytest.fixture(scope="session")
def part():
    return load_part(SOLUTIONS, "traps")


@pytest.fixture
def boot(part):
    """Give the function that builds a machine with a program in it."""

    def build(source: str, *, traps=part, ram_mib: int = 1, **options) -> Machine:
        machine = Machine(traps, ram_mib=ram_mib, **options)
        machine.load(assemble(PRELUDE + source))
        return machine

    return build


class Recorder:
    """A part that notes each question it is asked."""

    def __init__(self, part) -> None:
        self._part = part
        self.asked: list[str] = []

    def __getattr__(self, name):
        function = getattr(self._part, name)

        def call(*arguments):
            self.asked.append(name)
            return function(*arguments)

        return call


@pytest.fixture
def recorder(part):
    return Recorder(part)


class Overlay:
    """The complete part with some functions replaced."""

    def __init__(self, part, **functions) -> None:
        self._part = part
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(self._part, name)


@pytest.fixture
def overlay(part):
    return lambda **functions: Overlay(part, **functions)
