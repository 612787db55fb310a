"""Records a whole guest under its VMM: each exit that has to do with its memory is a step."""

from __future__ import annotations

from typing import Any

from vmlab.bench import shadow_system
from vmlab.bench.describe import exception, mode
from vmlab.bench.shadow_host import Frames
from vmlab.bench.shadow_tables import root_frame
from vmlab.guest import GuestRunner
from vmlab.hart import HartState
from vmlab.memory import Ram
from vmlab.mstatus import MXR, SUM
from vmlab.parts.traps import Part as Traps
from vmlab.program import Program
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK
from vmlab.trap import Act, Action, Exc, Exit

from .film import Film
from .scene import Context
from .watch import Heard, Watch


class Machine(shadow_system.ShadowedMachine):
    """The bench's machine, looked at."""

    def __init__(self, film: Film, part: Any, traps: Traps, ram: Ram, program: Program) -> None:
        self._film = film
        self.vcpu = HartState()
        self.watch = Watch(self, shadow_system.BASE)
        film.guest = self.watch
        super().__init__(Heard(part, self.watch), traps, ram, program)

    @property
    def frames(self) -> Frames:
        """The host's frames."""
        return self._frames

    @property
    def runner(self) -> GuestRunner:
        """The real U-mode."""
        return self._runner

    def context(self) -> Context:
        """Return what decides about the guest's addresses now."""
        status = self.vcpu.mstatus
        return Context(self.vcpu.mode, self.vcpu.satp, bool(status & SUM), bool(status & MXR))

    def root(self) -> int:
        """Ask the pager for its root."""
        return root_frame(self._frames, self._pager.root(self.host), "the end")

    def is_bench(self, address: int) -> bool:
        """Tell whether an address is one of the bench's own code: there is none."""
        return False

    def emulate(self, exit: Exit) -> bool:
        """Do with a page fault what the pager says."""
        if exit.interrupt or exit.cause not in shadow_system.PAGE_FAULTS:
            return super().emulate(exit)
        kind = shadow_system.PAGE_FAULTS[exit.cause].name.lower()
        words = f"{mode(self.vcpu.mode)}, pc {self.vcpu.pc:#x}: {kind} fault at {exit.tval:#x}"
        with self._film.step(self.watch, words, f"faults in {mode(self.vcpu.mode)}") as step:
            # Of now, before the fault changes anything: the root that it was made with.
            self.watch.judge(step, None)
            done = super().emulate(exit)
            answers = [call for call in step.calls if f" fault at {exit.tval:#x}: " in call]
            step.result = answers[-1].partition(": ")[2] if answers else ""
        return done

    def handle(self, exit: Exit) -> Action:
        """Have a trap handled; a step, if it changes what the guest's addresses mean."""
        if self.watch.inside:
            return super().handle(exit)
        before = self.context()
        action = super().handle(exit)
        after, text = self.context(), ""
        if action.act is Act.FENCE:
            what = "everything" if action.address is None else f"{action.address:#x}"
            what += "" if action.asid is None else f", ASID {action.asid}"
            text = f"the guest fences {what}"
            self.watch.history.fence(action.address, action.asid)
        elif after.satp != before.satp:
            root = (after.satp & PPN_MASK) << PAGE_SHIFT
            text = f"the guest writes satp: MODE {after.satp >> 60}, root {root:#x}"
        elif after.mode != before.mode:
            cause = "an interrupt" if exit.interrupt else exception(exit.cause)
            if exit.cause == Exc.ILLEGAL_INSTRUCTION:
                cause = "a privileged instruction"
            text = f"{mode(before.mode)} to {mode(after.mode)}, by {cause}"
        if text:
            with self._film.step(self.watch, text, "traps"):
                pass
        return action
