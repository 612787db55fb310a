"""The words of a timeline, in the terminal and in a browser: exits, injected traps, the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from vmlab.bench import describe
from vmlab.disasm import disassemble
from vmlab.trap import INTERRUPT_BIT, Exc, Exit, Irq

from .record import Entry, Event, Fate, Idle, Timeline


class Kind(Enum):
    """The causes of exits, sorted as a dispatcher sorts them; the values are what is printed."""

    TIMER = "host's timer"
    INPUT = "console input"
    PRIVILEGED = "illegal instr."
    CALL = "ecall, ebreak"
    PAGE = "page fault"
    ACCESS = "access fault"
    MISALIGNED = "misaligned"
    OTHER = "other"


KINDS: dict[int, Kind] = {
    Exc.ILLEGAL_INSTRUCTION: Kind.PRIVILEGED,
    Exc.BREAKPOINT: Kind.CALL,
    Exc.ECALL_U: Kind.CALL,
    Exc.INSTRUCTION_PAGE: Kind.PAGE,
    Exc.LOAD_PAGE: Kind.PAGE,
    Exc.STORE_PAGE: Kind.PAGE,
    Exc.INSTRUCTION_ACCESS: Kind.ACCESS,
    Exc.LOAD_ACCESS: Kind.ACCESS,
    Exc.STORE_ACCESS: Kind.ACCESS,
    Exc.INSTRUCTION_MISALIGNED: Kind.MISALIGNED,
    Exc.LOAD_MISALIGNED: Kind.MISALIGNED,
    Exc.STORE_MISALIGNED: Kind.MISALIGNED,
}
INTERRUPTS: dict[int, Kind] = {Irq.MTI: Kind.TIMER, Irq.MEI: Kind.INPUT}
FATES = {
    Fate.SAME: "the guest goes on",
    Fate.EMULATED: "emulated",
    Fate.LAST: "not entered again",
}
Record = Entry | Idle | Event
FIRST, LAST = 12, 36
"""Lines that are shown of a long log."""


def kind(why: Exit) -> Kind:
    """Sort an exit."""
    return (INTERRUPTS if why.interrupt else KINDS).get(why.cause, Kind.OTHER)


def exit_words(why: Exit) -> str:
    """Return such as "load page fault at 0x10000005" or "illegal instruction: csrrw ..."."""
    if why.interrupt:
        return {Kind.TIMER: "host's timer", Kind.INPUT: "console input"}.get(
            kind(why), f"host's {describe.interrupt(why.cause)}"
        )
    if why.cause == Exc.ILLEGAL_INSTRUCTION:
        return f"illegal instruction{f': {disassemble(why.tval)}' if why.tval else ''}"
    if why.cause in (Exc.ECALL_U, Exc.BREAKPOINT):
        return "ecall" if why.cause == Exc.ECALL_U else "ebreak"
    if why.cause in set(Exc):
        return f"{describe.EXCEPTIONS[Exc(why.cause)]} at {why.tval:#x}"
    return describe.exception(why.cause)


def cause_words(cause: int) -> str:
    """Return what a guest's cause CSR says, such as "STI" or "load page fault"."""
    code = cause & ~INTERRUPT_BIT
    if cause & INTERRUPT_BIT:
        return Irq(code).name if code in set(Irq) else f"interrupt {code}"
    return describe.EXCEPTIONS[Exc(code)] if code in set(Exc) else f"exception {code}"


def fate_words(entry: Entry) -> str:
    """Return what became of an exit."""
    if entry.injected is None:
        return FATES[entry.fate]
    injected = f"{cause_words(entry.injected)} injected"
    return f"emulated, {injected}" if entry.fate is Fate.EMULATED else injected


@dataclass(frozen=True)
class LogLine:
    """One line of the log: an event, a wait, or exits of one VM that were alike."""

    at: int
    vmid: int | None
    words: str
    became: str = ""
    times: int = 1
    bad: bool = False
    kind: Kind | None = None
    is_event: bool = False


def log(timeline: Timeline, first: int = FIRST, last: int = LAST) -> list[LogLine | str]:
    """Return all that happened, by time; of a long log the ends and all events."""
    records: list[Record] = [*timeline.entries, *timeline.idles, *timeline.events]
    # Of what has the same time, an exit comes last: what was done before led to it.
    records.sort(key=lambda one: (one.until - 1, 1) if isinstance(one, Entry) else (one.at, 0))
    lines = [line for _, group in groupby(records, _alike) for line in _lines(list(group))]
    if len(lines) <= first + last + 1:
        return [*lines]
    shown: list[LogLine | str] = [*lines[:first]]
    for is_event, between in groupby(lines[first:-last], lambda line: line.is_event):
        found = list(between)
        shown += found if is_event else [f"{len(found)} more"]
    return [*shown, *lines[-last:]]


def _alike(record: Record) -> tuple[object, ...]:
    if not isinstance(record, Entry):
        return (id(record),)
    why = record.exit
    # Where a page was missing matters little, which device was meant much.
    place = "" if record.fate is Fate.SAME else exit_words(why)
    return record.vmid, why.cause, why.interrupt, place, record.fate, record.injected


def _lines(group: list[Record]) -> Iterator[LogLine]:
    one = group[0]
    if isinstance(one, Idle):
        yield LogLine(one.at, None, f"the host waits till {one.until:,}")
    elif isinstance(one, Event):
        yield LogLine(one.at, one.vmid, one.words, bad=one.bad, is_event=True)
    else:
        text = exit_words(one.exit)
        yield LogLine(
            one.until - 1, one.vmid, text, fate_words(one), len(group), kind=kind(one.exit)
        )
