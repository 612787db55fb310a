"""Going back in time: a recorder keeps a machine's past, and replays it from snapshots.

Time is counted in *moments*: instructions retired and traps taken since the machine was built. What
the guest does between two moments follows from the machine's state, so a snapshot now and then is
enough, together with what came from outside and when. The state at a moment is the one after all
that came from outside at it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from . import snapshot
from .access import Access
from .history import History, Kept
from .machine import Machine, Reason, Stop
from .stops import Stopped, Stops, Watch
from .tape import Tape
from .trace import Trace

EVERY = 1_000_000
"""Moments between two snapshots."""
KEEP = 40
"""Snapshots that are kept; they share the pages that are equal."""
NEAR = 20_000
"""Moments before a place that was gone back to, where a snapshot is kept for the next time."""
CUTS = 8
"""Into how many pieces a stretch is cut, to find the last place to stop at in it."""
FINE = 2048
"""Moments of a stretch in which every place to stop at is visited."""


class Input(NamedTuple):
    """Something that came from outside."""

    moment: int
    action: Callable[[], None]


class Recorder:
    """Runs a machine forth and back. Everything that happens to the machine must go through it.

    What arrives at its network card is recorded too (`vmlab.tape`). Besides that, the machine has
    to be deterministic: a `traps` part that remembers something, and the guests of a VMM
    (`run_guest`), are not replayed.
    """

    def __init__(
        self, machine: Machine, *, every: int = EVERY, keep: int = KEEP, trace: Trace | None = None
    ) -> None:
        """Begin to record.

        Args:
            machine: The machine, at the earliest moment that can be gone back to.
            every: Moments between two snapshots.
            keep: How many snapshots are kept, at least 3: dense for the near past, sparse before.
            trace: The machine's trace, to be taken back along with it.

        Raises:
            ValueError: if the machine has a disk whose contents a snapshot does not keep; lay an
                OverlayDisk over it.
        """
        disk, net = machine.disk, machine.net
        if disk is not None and not disk.restorable:
            raise ValueError("what a guest writes to a file cannot be taken back")
        self.machine = machine
        self._every = every
        self._history = History(max(keep, 3), every)
        self._trace = trace
        self._inputs: list[Input] = []
        self._applied = 0
        """How many of the inputs have been carried out."""
        self._latest = self.moment
        """The last moment of the past that is known."""
        self._tape: Tape | None = None
        if net is not None:
            net.link = self._tape = Tape(net.link, self.act)
            self._tape.connect(net.receive)
        self._history.insert(self._keep())

    @property
    def moment(self) -> int:
        """The present."""
        return self.machine.clock.moment

    @property
    def first(self) -> int:
        """The earliest moment that can be gone back to."""
        return self._history.first.moment

    # Forth

    def run(self, budget: int, stops: Stops | None = None) -> Stop:
        """Run as `Machine.run` does. Raise Stopped before what `stops` waits for.

        It passes the instruction at which `stops` was built, and what has just stopped it.

        Where the past is known, it is repeated, with all that came from outside.
        """
        end = self.moment + budget
        self.machine.mmu.stop_at(stops)
        try:
            if stops is not None:
                stops.begin()
            while True:
                due = self._history.nearest(self.moment).moment + self._every
                if self.moment >= due:
                    self._history.insert(self._keep())
                    due = self.moment + self._every
                stop = self._forward(min(end, due))
                if stop.reason is not Reason.BUDGET or self.moment >= end:
                    return stop
        finally:
            self.machine.mmu.stop_at(None)
            self._latest = max(self._latest, self.moment)

    def act(self, action: Callable[[], None]) -> None:
        """Do something to the machine from outside, such as feeding its console.

        It is done again at this moment whenever the past is repeated, and so must not depend on
        anything else. What was the future, if the present lies in the past, is forgotten.
        """
        if self.moment < self._latest:
            del self._inputs[self._applied :]
            self._history.forget_after(self.moment)
            self._latest = self.moment
            if self._tape:
                self._tape.forget_future()
        action()
        self.machine.run(0)  # wires have risen, as they will have when this is repeated
        self._inputs.append(Input(self.moment, action))
        self._applied = len(self._inputs)

    def feed(self, data: bytes) -> None:
        """Let the guest receive `data` at its UART."""
        self.act(lambda: self.machine.uart.feed(data))

    # Back

    def go_to(self, moment: int) -> None:
        """Go to a moment of the past that is known. Raise ValueError if it is not."""
        if not self.first <= moment <= self._latest:
            raise ValueError(f"moment {moment} is not in the past, {self.first} to {self._latest}")
        if moment < self.moment:
            base = self._history.nearest(moment)
            self._put_back(base)
            if moment - base.moment > NEAR:
                self._forward(moment - NEAR)
                self._history.insert(self._keep())
        self._forward(moment)

    def step_back(self, n: int = 1) -> bool:
        """Undo the last `n` instructions or traps. Return False if the past begins before."""
        target = self.moment - n
        self.go_to(max(target, self.first))
        return target >= self.first

    def run_back(self, stops: Stops) -> Stopped | None:
        """Go back to the last place where `stops` would have stopped, before the present.

        Returns:
            Why it is a place to stop at; None if there is none, and then the past's first moment
            is the present.
        """
        end = self.moment
        for base in self._history.before(end):
            if self._first_stop(base, end, stops):
                moment, stopped = self._last_stop(base, end, stops)
                self.go_to(moment)
                return stopped
            end = base.moment
        self.go_to(self.first)
        return None

    def run_back_to(
        self,
        when: Callable[[Machine], bool] | None = None,
        *,
        instret: int | None = None,
        pc: int | None = None,
        write: int | None = None,
        length: int = 8,
    ) -> bool:
        """Go back to the last moment before the present of which one thing holds.

        Args:
            when: This is true of the machine. It is asked at each moment, which is slow.
            instret: This many instructions had retired (`Stop.instret`), for the first time.
            pc: The instruction at this virtual address was about to be executed.
            write: Some of the `length` bytes at this virtual address were about to be written by
                an instruction.
            length: For `write`.

        Returns:
            Whether there was one; if not, the past's first moment is the present.
        """
        if when is not None:
            return self._back_to_state(when)
        if instret is not None:
            return self._back_to_count(instret)
        clock = self.machine.clock
        if pc is not None:
            return self.run_back(Stops(clock, code=[pc])) is not None
        if write is None:
            raise ValueError("nothing to go back to was named")
        watch = Watch(write, length, frozenset({Access.STORE}))
        return self.run_back(Stops(clock, data=[watch])) is not None

    def _back_to_state(self, when: Callable[[Machine], bool]) -> bool:
        end = self.moment
        for base in self._history.before(end):
            self._put_back(base)
            found = None
            while self.moment < end:
                if when(self.machine):
                    found = self.moment
                self._forward(self.moment + 1)
            if found is not None:
                self.go_to(found)
                return True
            end = base.moment
        self.go_to(self.first)
        return False

    def _back_to_count(self, instret: int) -> bool:
        clock = self.machine.clock
        if not self._history.first.captured.state["retired"] <= instret <= clock.retired:
            self.go_to(self.first)
            return False
        past = self._history.before(self.moment)
        earlier = [kept for kept in past if kept.captured.state["retired"] < instret]
        self._put_back(earlier[0] if earlier else self._history.first)
        while clock.retired < instret:
            self._forward(self.moment + instret - clock.retired)
        return True

    # Searching

    def _first_stop(self, base: Kept, end: int, stops: Stops) -> Stopped | None:
        """Replay from `base`; return what stopped it before `end`."""
        self._put_back(base)
        stops.arm()
        self.machine.mmu.stop_at(stops)
        try:
            self._forward(end)
        except Stopped as stopped:
            return stopped
        finally:
            self.machine.mmu.stop_at(None)
        return None

    def _last_stop(self, base: Kept, end: int, stops: Stops) -> tuple[int, Stopped]:
        """Return the last moment between `base` and `end` at which it stops; there is one."""
        while end - base.moment > FINE:
            step = (end - base.moment) // CUTS
            self._put_back(base)
            pieces = [base]
            for cut in range(base.moment + step, end, step):
                self._forward(cut)
                pieces.append(self._keep())
            for piece in reversed(pieces):
                if self._first_stop(piece, end, stops):
                    base = piece
                    break
                end = piece.moment
        return self._all_stops(base, end, stops)[-1]

    def _all_stops(self, base: Kept, end: int, stops: Stops) -> list[tuple[int, Stopped]]:
        found: list[tuple[int, Stopped]] = []
        self._put_back(base)
        stops.arm()
        self.machine.mmu.stop_at(stops)
        try:
            while True:
                try:
                    self._forward(end)
                    return found
                except Stopped as stopped:
                    found.append((self.moment, stopped))
        finally:
            self.machine.mmu.stop_at(None)

    # Replaying

    def _forward(self, end: int) -> Stop:
        """Run until `end`, with all that came from outside until then, and at it."""
        while True:
            due = self._inputs_until(self.moment)
            for each in self._inputs[self._applied : due]:
                each.action()
            self._applied = due
            coming = self._inputs[due].moment if due < len(self._inputs) else end
            stop = self.machine.run(min(end, coming) - self.moment)
            goes_on = stop.reason is Reason.BUDGET and self.moment < end
            if not goes_on and self._inputs_until(self.moment) == self._applied:
                return stop

    def _inputs_until(self, moment: int) -> int:
        """Return how many inputs had come, up to and at this moment."""
        return bisect_right(self._inputs, moment, key=lambda each: each.moment)

    def _keep(self) -> Kept:
        records = len(self._trace.records) if self._trace else 0
        dropped = self._trace.dropped if self._trace else 0
        near = self._history.nearest(self.moment).captured if self._history else None
        captured = snapshot.capture(self.machine, near)
        frames = self._tape.sent if self._tape else 0
        return Kept(self.moment, self._applied, frames, records, dropped, captured)

    def _put_back(self, kept: Kept) -> None:
        """Make the present what it was; not what it will be, as its trace would have a gap."""
        snapshot.put_back(self.machine, kept.captured)
        self._applied = kept.inputs
        if self._tape:
            self._tape.sent = kept.frames
        if self._trace:
            del self._trace.records[kept.records :]
            self._trace.dropped = kept.dropped
