"""What a guest's tables allow, found without vmlab's walker or any part, and what a shadow may do.

The oracle remembers, for each ASID, every translation that the tables have offered since the last
fence that covers it: of all addresses, for a pager may fill what nobody asked for. Whatever the
shadow allows must be among these; a fault that is reflected must be one of the tables as they are
now. How a pager comes there is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from vmlab.access import Access
from vmlab.bench.shadow import BASE, DIRECT, STUBS, Vm
from vmlab.bench.shadow_access import Outcome, said
from vmlab.bench.shadow_tables import letters
from vmlab.hart import Mode
from vmlab.paging import Act
from vmlab.testing import Mismatch

_V, _R, _W, _X, _U, _G, _A, _D = (1 << bit for bit in range(8))
RIGHT = {Access.LOAD: _R, Access.STORE: _W, Access.FETCH: _X}
SIZES = 1 << 30, 1 << 21, 1 << 12
"""Bytes that a leaf maps, from the root down."""
KERNEL = range(DIRECT, DIRECT + (1 << 30))
"""Where `Vm.space` maps all of RAM, for good."""


class Offer(NamedTuple):
    """A leaf of the guest, as a TLB would hold it."""

    start: int
    size: int
    to: int
    bits: int
    everywhere: bool
    """Whether it, or a pointer on the way to it, is global."""
    tables: tuple[int, ...]
    """The guest's pages that the walk to it reads."""

    def at(self, virtual: int) -> int | None:
        """Return where an address leads; None if it is not covered."""
        return self.to + virtual - self.start if 0 <= virtual - self.start < self.size else None


class Absent(NamedTuple):
    """The walk needs a page that has no frame."""

    page: int


class Refusal(NamedTuple):
    """The walk ends in a fault."""

    access_fault: bool


class Found(NamedTuple):
    """The walk ends at a leaf."""

    offer: Offer
    entry: int


def look_up(vm: Vm, satp: int, virtual: int) -> Found | Absent | Refusal:
    """Follow a guest's three levels, rights and A and D aside."""
    sign = virtual >> 38
    if sign and sign != (1 << 26) - 1:
        return Refusal(False)
    table, everywhere = (satp & (1 << 44) - 1) * 4096, False
    tables: tuple[int, ...] = ()
    for size in SIZES:
        if not BASE <= table < BASE + vm.pages * 4096:
            return Refusal(True)
        if vm.physical(table) is None:
            return Absent(table)
        tables += (table,)
        entry = table + virtual // size % 512 * 8
        pte = vm.peek(entry)
        leaf = _is_leaf(pte, size)
        if leaf is None:
            return Refusal(False)
        everywhere |= bool(pte & _G)
        table = _target(pte)
        if leaf:
            offer = Offer(virtual - virtual % size, size, table, pte & 0xFF, everywhere, tables)
            return Found(offer, entry)
    return Refusal(False)


def _target(pte: int) -> int:
    return (pte >> 10 & (1 << 44) - 1) * 4096


def _is_leaf(pte: int, size: int) -> bool | None:
    """Tell a leaf from a pointer; None if the entry is neither."""
    if not pte & _V or pte >> 54 or pte & (_R | _W) == _W:
        return None
    if pte & (_R | _X):
        return None if _target(pte) % size else True
    return None if pte & (_A | _D | _U) else False


def offers(vm: Vm, satp: int) -> tuple[set[Offer], dict[int, bytes]]:
    """Return all that the tables of a root offer, but for KERNEL; and each table, as it is now."""
    read: dict[int, bytes] = {}

    def below(
        table: int, start: int, level: int, everywhere: bool, tables: tuple[int, ...]
    ) -> Iterator[Offer]:
        contents = read.setdefault(table, _contents(vm, table))
        tables += (table,)
        for index, pte in enumerate(memoryview(contents).cast("Q")):
            leaf = _is_leaf(pte, SIZES[level]) if pte else None
            virtual = start + index * SIZES[level]
            if leaf is None or virtual == DIRECT:
                continue
            if virtual >> 38:
                virtual |= (1 << 64) - (1 << 39)
            glob = everywhere or bool(pte & _G)
            if leaf:
                yield Offer(virtual, SIZES[level], _target(pte), pte & 0xFF, glob, tables)
            elif level < 2:
                yield from below(_target(pte), virtual, level + 1, glob, tables)

    return set(below((satp & (1 << 44) - 1) * 4096, 0, 0, False, ())), read


def _contents(vm: Vm, table: int) -> bytes:
    """Return a page of the guest's, or nothing if there is no memory."""
    return b"" if vm.physical(table) is None else vm.read(table, 4096)


def permits(bits: int, access: Access, user: bool, sum_: bool, mxr: bool) -> bool:
    """Tell whether a leaf lets a mode make an access, A and D aside."""
    if user != bool(bits & _U) and (user or access is Access.FETCH or not sum_):
        return False
    if access is Access.LOAD and mxr and bits & _X:
        return True
    return bool(bits & RIGHT[access])


@dataclass
class Oracle:
    """Follows one guest."""

    vm: Vm
    satps: list[int] = field(default_factory=list)
    """Each that the guest has used."""
    offered: dict[int, dict[tuple[int, int], set[Offer]]] = field(default_factory=dict)
    """By ASID, and by size and start: since the last fence that covers it."""
    _now: dict[int, tuple[set[Offer], dict[int, bytes]]] = field(default_factory=dict)
    """By `satp`: what its tables offered when they were last read, and what they were then."""
    _marks: int = 0
    """How many of the pager's A and D updates have been judged."""

    def look(self) -> None:
        """Note what the tables offer now. To be called after whatever may change them.

        Raises Mismatch if the pager has changed them: then there is no telling what is right.
        """
        self.vm.check_untouched(self.vm.scenario())
        now = self.vm.satp_now
        if now >> 60 and now not in self.satps:
            self.satps.append(now)
        for satp in self.satps:
            asid = self.offered.setdefault(satp >> 44 & 0xFFFF, {})
            for offer in self._offers(satp):
                asid.setdefault((offer.size, offer.start), set()).add(offer)

    def _offers(self, satp: int) -> set[Offer]:
        found, read = self._now.get(satp, (set(), {}))
        if not read or any(_contents(self.vm, table) != was for table, was in read.items()):
            found, read = self._now[satp] = offers(self.vm, satp)
        return found

    def _at(self, virtual: int) -> list[Offer]:
        """Return what has been offered for an address, since the last fence that covers it.

        That is, with the ASID of now; but a global page may be used with each.
        """
        now = self.vm.satp_now >> 44 & 0xFFFF
        keys = [(size, virtual - virtual % size) for size in SIZES]
        return [
            offer
            for asid, offers in self.offered.items()
            for key in keys
            for offer in offers.get(key, ())
            if asid == now or offer.everywhere
        ]

    def fence(self, address: int | None, asid: int | None) -> None:
        """Forget what a fence covers, but for what the tables still say."""
        for number in self.offered if asid is None else [asid]:
            self._forget(
                number,
                lambda offer: (
                    (asid is None or not offer.everywhere)
                    and (address is None or offer.at(address) is not None)
                ),
            )
        self.look()

    def lost(self, page: int) -> None:
        """A guest page has no frame any more: what led there, or came from there, is over."""
        for number in self.offered:
            self._forget(
                number,
                lambda offer: page in offer.tables or (offer.size, offer.to) == (4096, page),
            )
        self.look()

    def _forget(self, asid: int, what: Callable[[Offer], bool]) -> None:
        kept: dict[tuple[int, int], set[Offer]] = {}
        for key, there in self.offered.get(asid, {}).items():
            if left := {offer for offer in there if not what(offer)}:
                kept[key] = left
        self.offered[asid] = kept

    # Judging

    @property
    def _translating(self) -> bool:
        return self.vm.mode_now != Mode.M and self.vm.satp_now >> 60 != 0

    def _view(self) -> tuple[bool, bool, bool]:
        return self.vm.mode_now == Mode.U, self.vm.sum_now, self.vm.mxr_now

    def allows(self, virtual: int, access: Access, to: int | None) -> bool:
        """Tell whether an access may lead to a guest-physical address at once (I1, I3)."""
        if to is None or not self._translating:
            return to == virtual
        if virtual in KERNEL:
            return True  # these entries never change
        wanted = _D if access is Access.STORE else 0
        return any(
            offer.at(virtual) == to
            and permits(offer.bits, access, *self._view())
            and offer.bits & wanted == wanted
            for offer in self._at(virtual)
        )

    def judge(self, outcome: Outcome, virtual: int) -> None:
        """Raise Mismatch if an access came out as it must not."""
        expected, right = self._expected(outcome, virtual)
        if not right:
            raise Mismatch(outcome.scenario, expected, outcome.got())
        self._judge_marks(outcome, virtual)
        self.look()

    def _judge_marks(self, outcome: Outcome, virtual: int) -> None:
        """See that A and D were set for this access only, in the leaf that it used."""
        marks = self.vm.host.marks[self._marks :]
        self._marks += len(marks)
        now = look_up(self.vm, self.vm.satp_now, virtual)
        used = now.entry if isinstance(now, Found) else None
        faulted = outcome.answer is not None and outcome.answer.act is Act.REFLECT
        bits = _A | _D if outcome.kind is Access.STORE else _A
        for address, old, new in marks:
            if faulted or address != used or new != old | bits:
                expected = "no PTE changed" if faulted else f"{letters(bits)} set in its leaf only"
                got = f"{letters(old)} becomes {letters(new)} at {address:#x}"
                raise Mismatch(outcome.scenario, expected, got)

    def _expected(self, outcome: Outcome, virtual: int) -> tuple[str, bool]:
        access, answer = outcome.kind, outcome.answer
        if answer is None and self.allows(virtual, access, outcome.reached):
            return "", True  # it may be from before, and then leaves no mark
        if not self._translating:
            return self._arrives(outcome, virtual)
        now = look_up(self.vm, self.vm.satp_now, virtual)
        if isinstance(now, Absent):
            absent = answer is not None and answer.act is Act.ABSENT
            return f"a wait for {now.page:#x}", absent and answer.address & ~4095 == now.page
        refused = isinstance(now, Refusal) or not permits(now.offer.bits, access, *self._view())
        if refused:
            by_access = isinstance(now, Refusal) and now.access_fault
            cause = access.access_fault if by_access else access.page_fault
            right = answer is not None and (answer.act, answer.cause, answer.address) == (
                Act.REFLECT,
                cause,
                virtual,
            )
            return f"exception {int(cause)} of the guest, stval {virtual:#x}", right
        to = now.offer.at(virtual)
        expected, right = self._arrives(outcome, to)
        marks = _A | _D if access is Access.STORE else _A
        entry = self.vm.peek(now.entry)
        if right and entry & marks != marks:
            return f"{expected}, and {letters(marks)} set at {now.entry:#x}", False
        return expected, right

    def _arrives(self, outcome: Outcome, to: int) -> tuple[str, bool]:
        """Say what an access must come to that leads to a guest-physical address."""
        answer = outcome.answer
        if not BASE <= to < BASE + self.vm.pages * 4096:
            right = answer is not None and (answer.act, answer.address) == (Act.DEVICE, to)
            return f"left to the VMM as a device, guest-physical {to:#x}", right
        if self.vm.physical(to) is None:
            right = answer is not None and answer.act is Act.ABSENT
            return f"a wait for {to & ~4095:#x}", right and answer.address & ~4095 == to & ~4095
        return f"done, at guest-physical {to:#x}", answer is None and outcome.reached == to

    def inspect(self) -> None:
        """Raise Mismatch if the shadow in use, or the MMU, allows what it must not (I1, I2, I3)."""
        vm = self.vm
        for virtual, leaf in vm.check_leaves().items():
            to = vm.guest_address(leaf.frame << 12)
            for access, right in RIGHT.items():
                writable = access is not Access.STORE or leaf.bits & _D
                if leaf.bits & right and writable:
                    self._admit(virtual, access, to, "the shadow in use")
        for access, pages in vm.remembered().items():
            for virtual, physical in pages.items():
                self._admit(virtual, access, vm.guest_address(physical), "what the MMU remembers")

    def _admit(self, virtual: int, access: Access, to: int | None, where: str) -> None:
        if not self.allows(virtual, access, to):
            near = [f"{letters(o.bits)} to {o.at(virtual):#x}" for o in sorted(self._at(virtual))]
            target = "another VM's frame" if to is None else f"{to:#x}"
            raise Mismatch(
                f"{self.vm.scenario()}: {where}",
                f"at {virtual:#x} no more than the guest's tables allow, now or since the last "
                f"fence: {', '.join(near) or 'nothing'}",
                f"{access.name.lower()}s to {target}",
            )


__all__ = ["KERNEL", "STUBS", "Oracle", "look_up", "permits", "said"]
