"""What a machine did, as structured records that can also be read as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .access import Access
from .hart import Mode
from .isa import length
from .sv39 import Step
from .trap import ADDRESS_CAUSES, Exc, Exit, Irq, Trap

KINDS = ("instructions", "traps", "walks", "devices", "exits")


class Record(Protocol):
    """Anything that a trace holds."""

    def text(self) -> str:
        """Return the record as one or more lines, without a newline at the end."""
        ...


def cause_name(cause: int, interrupt: bool) -> str:
    """Name a trap's cause in words, such as "load page fault (13)"."""
    kind: type[Exc] | type[Irq] = Irq if interrupt else Exc
    try:
        name = kind(cause).name
    except ValueError:
        name = "reserved"
    return f"{'interrupt' if interrupt else 'exception'} {cause} ({name})"


@dataclass(frozen=True)
class Executed:
    """An instruction that is about to be executed; it may still trap."""

    pc: int
    word: int
    """The instruction's bits, 16 or 32 of them."""
    mode: Mode

    def text(self) -> str:
        """Return mode, address, bits and assembly."""
        from .disasm import disassemble  # the disassembler is needed by no one else here

        bits = f"{self.word:0{2 * length(self.word)}x}"
        return f"{self.mode.name} {self.pc:#018x}  {bits:<8}  {disassemble(self.word, self.pc)}"


@dataclass(frozen=True)
class TrapTaken:
    """A trap, with the hart's mode and pc before and after."""

    trap: Trap
    mode: Mode
    pc: int
    to_mode: Mode
    to_pc: int

    def text(self) -> str:
        """Return cause, address and both states."""
        trap = self.trap
        cause = cause_name(trap.cause, trap.interrupt)
        has_address = trap.cause in ADDRESS_CAUSES and not trap.interrupt
        at = f", address {trap.address + trap.offset:#x}" if has_address else ""
        return (
            f"trap: {cause}{at}, from {self.mode.name} pc {self.pc:#x} "
            f"to {self.to_mode.name} pc {self.to_pc:#x}"
        )


@dataclass(frozen=True)
class Walk:
    """A walk of the page tables: each PTE that was read, then the result."""

    address: int
    access: Access
    mode: Mode
    steps: tuple[Step, ...]
    physical: int | None
    """Physical address; None if the access was refused."""
    refusal: str = ""
    """The rule that refused it."""

    def text(self) -> str:
        """Return a line for the question, one for each PTE, one for the answer."""
        lines = [f"walk: {self.access.name.lower()} at {self.address:#x} as {self.mode.name}"]
        lines += [f"  level {s.level}: PTE at {s.address:#x} is {s.pte:#018x}" for s in self.steps]
        answer = self.refusal if self.physical is None else f"physical {self.physical:#x}"
        return "\n".join([*lines, f"  {answer}"])


@dataclass(frozen=True)
class DeviceAccess:
    """A device's register was read or written."""

    device: str
    offset: int
    width: int
    value: int
    write: bool

    def text(self) -> str:
        """Return device, register offset, direction and value."""
        arrow = "<-" if self.write else "->"
        return f"{self.device}: +{self.offset:#x} ({self.width} bytes) {arrow} {self.value:#x}"


@dataclass(frozen=True)
class GuestExit:
    """A deprivileged guest came back to its VMM."""

    exit: Exit
    pc: int

    def text(self) -> str:
        """Return cause, pc, tval and count."""
        cause = cause_name(self.exit.cause, self.exit.interrupt)
        return (
            f"exit: {cause} at pc {self.pc:#x}, tval {self.exit.tval:#x}, "
            f"after {self.exit.retired} instructions"
        )


class Trace:
    """Collects the kinds of records that it was made for, in the order in which they happen."""

    def __init__(self, *kinds: str, limit: int = 1_000_000) -> None:
        """Collect `kinds`, out of KINDS, and at most `limit` records: the first ones.

        Raises:
            ValueError: for a kind that does not exist.
        """
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"no trace of {kind!r}; there are {', '.join(KINDS)}")
        self.instructions = "instructions" in kinds
        self.traps = "traps" in kinds
        self.walks = "walks" in kinds
        self.devices = "devices" in kinds
        self.exits = "exits" in kinds
        self.records: list[Record] = []
        self.dropped = 0
        """How many records came after the limit."""
        self._limit = limit

    def add(self, record: Record) -> None:
        """Keep a record, or count it as dropped."""
        if len(self.records) < self._limit:
            self.records.append(record)
        else:
            self.dropped += 1

    def text(self) -> str:
        """Return all records as text, a line or more each."""
        lines = [record.text() for record in self.records]
        if self.dropped:
            lines.append(f"and {self.dropped} more records")
        return "".join(f"{line}\n" for line in lines)
