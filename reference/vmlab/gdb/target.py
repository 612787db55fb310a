"""The machine as a debugger drives it: forth and back, to the next place to stop."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from vmlab.access import Access
from vmlab.hart import Mode
from vmlab.machine import Machine, Reason, Stop
from vmlab.reverse import Recorder
from vmlab.stops import Stopped, Stops, Watch
from vmlab.trace import Trace

from . import memory, registers

SLICE = 500_000
"""Moments that the machine runs before it is looked whether the debugger wants it to stop."""


class Why(Enum):
    """Why the machine has stopped, with what is said to the person at the debugger."""

    STOP = ""
    """A step is done, or a breakpoint is reached."""
    INTERRUPTED = "interrupted"
    """The debugger asked for it."""
    BEGINNING = "beginning"
    """The past does not go back any further."""
    FINISHED = "the guest has finished"
    IDLE = "the guest waits for an interrupt that cannot come"
    TRAP_LOOP = "the trap handler traps itself, for ever"


ENDS = {
    Reason.FINISHED: Why.FINISHED,
    Reason.IDLE: Why.IDLE,
    Reason.TRAP_LOOP: Why.TRAP_LOOP,
}


class Event(NamedTuple):
    """The machine has stopped."""

    why: Why
    watch: Watch | None = None
    """What the instruction accesses that would be executed, or undone, now."""


class Target:
    """A machine, its past, and the places to stop at.

    gdb expects of a RISC-V that it stops *before* an access that is watched, and steps over the
    instruction itself before it looks at the value. Going back, "before" is after the instruction.
    """

    def __init__(self, machine: Machine, trace: Trace | None = None) -> None:
        """Take over a machine, and its trace if it has one. Its past begins now."""
        self.machine = machine
        self.recorder = Recorder(machine, trace=trace)
        self.code: set[int] = set()
        """Virtual addresses of breakpoints."""
        self.data: set[Watch] = set()
        self._running: Stops | None = None

    # Going on

    def step(self) -> Event:
        """Execute one instruction, or take one trap."""
        return _event(self.recorder.run(1)) or Event(Why.STOP)

    def begin(self) -> None:
        """Prepare to run on, by slices."""
        self._running = self._stops()

    def slice(self) -> Event | None:
        """Run on for a while; return what stopped it, if anything did."""
        try:
            return _event(self.recorder.run(SLICE, self._running))
        except Stopped as stopped:
            return Event(Why.STOP, stopped.watch)

    def step_back(self) -> Event:
        """Undo one instruction, or one trap."""
        return Event(Why.STOP if self.recorder.step_back() else Why.BEGINNING)

    def run_back(self) -> Event:
        """Go back to the last place to stop at, or to the beginning."""
        stopped = self.recorder.run_back(self._stops())
        if stopped is None:
            return Event(Why.BEGINNING)
        if stopped.watch is not None:
            self.recorder.run(1)
        return Event(Why.STOP, stopped.watch)

    def _stops(self) -> Stops:
        return Stops(self.machine.clock, self.code, sorted(self.data, key=lambda w: w.address))

    # Looking and changing; changes are part of the past, and forget what was the future

    def register(self, number: int) -> int:
        """Return a register's 64 bits."""
        return registers.read(self.machine, number)

    def set_register(self, number: int, value: int) -> None:
        """Write a register. Raise ValueError for a mode that does not exist."""
        if number == registers.PRIV:
            value = Mode(value)
        self.recorder.act(lambda: registers.write(self.machine, number, value))

    def read(self, address: int, length: int) -> bytes:
        """Return memory, or as much as there is; raise Unreachable if there is none."""
        return memory.read(self.machine, address, length)

    def write(self, address: int, data: bytes) -> None:
        """Change memory. Raise Unreachable, with nothing changed, if not all of it is there."""
        places = memory.places(self.machine, address, len(data))
        ram = self.machine.memory.bytes

        def act() -> None:
            done = 0
            for offset, size in places:
                ram[offset : offset + size] = data[done : done + size]
                done += size

        self.recorder.act(act)


ACCESSES = {
    2: frozenset({Access.STORE}),
    3: frozenset({Access.LOAD}),
    4: frozenset({Access.LOAD, Access.STORE}),
}
"""What the watchpoints of `Z2`, `Z3` and `Z4` wait for."""


def _event(stop: Stop) -> Event | None:
    why = ENDS.get(stop.reason)
    return None if why is None else Event(why)
