"""Takes the records while a VMM works, and finds out what it did about each exit."""

from __future__ import annotations

from dataclasses import replace

from vmlab import mstatus
from vmlab.hart import HartState, Mode
from vmlab.mstatus import get_field
from vmlab.trap import INTERRUPT_BIT, Exit

from .record import Entry, Event, Fate, Idle, Timeline

MODE_BITS = 3
VECTORED = 1
"""Of `mtvec` and `stvec` (norm:mtvec_mode_vectored_op)."""


class Recorder:
    """Grows a timeline. Whoever has the hardware tells it, in the order of the host's time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.timeline = Timeline("")
        self._left: dict[int, tuple[int, HartState]] = {}
        """By VM: the index of its last entry, and its vCPU as it was when it left."""

    def born(self, vmid: int, name: str) -> None:
        """Note what a VM is called; one that had the number before has left for good."""
        self.timeline.names[vmid] = name
        self._left.pop(vmid, None)

    def enters(self, vmid: int, vcpu: HartState) -> None:
        """Note how a guest is entered: that tells what became of its last exit."""
        self.timeline.names.setdefault(vmid, "")
        if vmid in self._left:
            index, left = self._left.pop(vmid)
            entries = self.timeline.entries
            became, injected = fate(entries[index].exit, left, vcpu)
            entries[index] = replace(entries[index], fate=became, injected=injected)

    def leaves(self, vmid: int, at: int, vcpu: HartState, why: Exit) -> None:
        """Note an exit; `at` is when the guest was entered."""
        entry = Entry(at, vmid, why, vcpu.pc, vcpu.mode)
        self._left[vmid] = len(self.timeline.entries), vcpu.copy()
        self.timeline.entries.append(entry)
        self._reached(entry.until)

    def idles(self, at: int, until: int) -> None:
        """Note that the host waited."""
        if until > at:
            self.timeline.idles.append(Idle(at, until))
            self._reached(until)

    def happens(
        self, at: int, words: str, vmid: int | None = None, *, mark: str = "*", bad: bool = False
    ) -> None:
        """Note an event."""
        self.timeline.events.append(Event(at, words, vmid, mark, bad))
        self._reached(at)

    def prints(self, at: int, vmid: int, byte: int) -> None:
        """Note a byte of a VM's console."""
        self.timeline.output.append((at, vmid, byte))

    def _reached(self, time: int) -> None:
        self.timeline.end = max(self.timeline.end, time)


def fate(why: Exit, left: HartState, entered: HartState) -> tuple[Fate, int | None]:
    """Tell what was done about an exit, and the cause of the trap that was injected, if one was.

    Args:
        why: The exit.
        left: The vCPU as it was at the exit.
        entered: The vCPU at the guest's next entry.
    """
    injected, epc = _trapped(left, entered)
    if injected is not None and epc == left.pc:
        return Fate.INJECTED, injected
    if injected is not None or entered.pc != left.pc:
        # The host's interrupt came between two instructions: there is none to be emulated.
        return (Fate.INJECTED if why.interrupt and injected else Fate.EMULATED), injected
    return Fate.SAME, None


def _trapped(left: HartState, entered: HartState) -> tuple[int | None, int]:
    """Return the cause of the trap whose handler has just been entered, and its epc."""
    if entered.mode == Mode.U:
        return None, 0
    is_m = entered.mode == Mode.M
    cause, epc, vector, enable = (
        (entered.mcause, entered.mepc, entered.mtvec, mstatus.MIE)
        if is_m
        else (entered.scause, entered.sepc, entered.stvec, mstatus.SIE)
    )
    handler = vector & ~MODE_BITS
    if vector & MODE_BITS == VECTORED and cause & INTERRUPT_BIT:
        handler += 4 * (cause & ~INTERRUPT_BIT)
    # Where a trap may have come from: the instruction, what follows it, or what it returned to.
    origins = {left.pc, left.pc + 2, left.pc + 4, left.sepc, left.mepc}
    if entered.pc != handler or get_field(entered.mstatus, enable) or epc not in origins:
        return None, 0
    before = (left.mcause, left.mepc, left.mode) if is_m else (left.scause, left.sepc, left.mode)
    if left.pc == handler and before == (cause, epc, entered.mode):
        return None, 0  # it was there before
    return cause, epc
