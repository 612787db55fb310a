"""What the guest's own tables say of one access, step by step, and whether it came to that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vmlab import sv39
from vmlab.access import Access
from vmlab.mstatus import MXR, SUM
from vmlab.paging import Act, Answer
from vmlab.sv39 import PAGE_SHIFT

from .judge import Difference
from .rows import bits
from .scene import Scene


@dataclass(frozen=True)
class Meaning:
    """Where a walk of the guest's tables ends."""

    act: Act | None
    """What the VMM is to do; None if the access is to be done."""
    address: int
    """Guest-physical, or, for REFLECT, virtual."""
    cause: int
    why: str
    steps: tuple[sv39.Step, ...]

    def words(self) -> list[str]:
        """Say it, a line a step."""
        lines = []
        for level, address, pte in self.steps:
            to = (pte >> 10 & sv39.PPN_MASK) << PAGE_SHIFT
            if not pte & sv39.V:
                what = f"is {pte:#x}, not valid"
            elif pte & (sv39.R | sv39.X):
                what = f"maps {to:#x} {bits(pte)}"
            else:
                what = f"leads to the table {to:#x}"
            lines.append(f"level {level}: the PTE at {address:#x} {what}")
        return [*lines, f"so {self.why}"]


class _Missing(Exception):
    """A PTE has to be read at a guest-physical address that no frame is behind."""


def meaning(scene: Scene, access: Access, virtual: int) -> Meaning:
    """Follow the guest's tables for an access, with the rights of now."""
    context, steps = scene.context, list[sv39.Step]()

    def read(address: int) -> int:
        frame = scene.frame_of(address)
        if frame is None:
            raise _Missing(address)
        return scene.word(frame << PAGE_SHIFT | address & 0xFFF)

    def end(act: Act | None, address: int, why: str, cause: int = 0) -> Meaning:
        return Meaning(act, address, cause, why, tuple(steps))

    to = virtual
    if context.translates:
        status = SUM * context.sum | MXR * context.mxr
        try:
            to = sv39.walk(
                read,
                context.satp,
                virtual,
                access,
                context.mode,
                status,
                steps,
                update=lambda address, pte: None,
            )
        except sv39.PageFault as fault:
            return end(Act.REFLECT, virtual, f"a page fault: {fault}", access.page_fault)
        except _Missing as missing:
            (at,) = missing.args
            if scene.is_ram(at):
                return end(Act.ABSENT, at, f"it waits: the PTE at {at:#x} has no frame now")
            why = f"an access fault: the PTE at {at:#x} is outside of the guest's RAM"
            return end(Act.REFLECT, virtual, why, access.access_fault)
    if not scene.is_ram(to):
        return end(Act.DEVICE, to, f"left to the VMM as a device, guest-physical {to:#x}")
    if scene.frame_of(to) is None:
        return end(Act.ABSENT, to, f"it waits: {to:#x} has no frame now")
    return end(None, to, f"done, at guest-physical {to:#x}")


def contradiction(
    access: Access, virtual: int, meant: Meaning, answer: Answer | None, stuck: bool
) -> Difference | None:
    """Tell whether an access that was refused came to something else than it should (I4).

    `answer` is what the pager said last, `stuck` whether the same fault came again and again.
    """
    if stuck:
        if meant.act is Act.REFLECT:
            return Difference(
                virtual, "I4", "S3", f"never reflected; by the guest's tables {meant.why}"
            )
        text = "the pager says RETRY, but what the shadow has here does not allow the access"
        return Difference(virtual, "I4", "S5", text)
    if answer is None or answer.act in (Act.RETRY, Act.EMULATE):
        return None
    if answer.act is Act.REFLECT:
        if meant.act is not Act.REFLECT:
            return Difference(virtual, "I4", "S5", f"reflected; by the guest's tables {meant.why}")
        if (answer.cause, answer.address) != (meant.cause, meant.address):
            text = f"reflected with cause {answer.cause} and stval {answer.address:#x}"
            clause = "S5" if access.access_fault in (meant.cause, answer.cause) else "S3"
            return Difference(virtual, "I4", clause, f"{text}; by the guest's tables {meant.why}")
        return None
    if answer.act is meant.act:
        return None
    clause = "S14" if Act.ABSENT in (answer.act, meant.act) else "S5"
    return Difference(
        virtual, "I4", clause, f"answered {answer.act.name}; by the guest's tables {meant.why}"
    )


def wrong_marks(
    scene: Scene,
    access: Access,
    virtual: int,
    before: Meaning,
    after: Meaning,
    refused: bool,
    compared: Collection[int],
) -> Difference | None:
    """Tell whether an access has left other A and D bits in the guest's leaf than it should (S6).

    `scene` is the one before the access; `compared` are the PTEs that `compare_and_set` has changed
    (S16). Nothing is said where the entries changed otherwise.
    """
    if not before.steps or [s.address for s in before.steps] != [s.address for s in after.steps]:
        return None
    (_, at, old), new = before.steps[-1], after.steps[-1].pte
    if (old ^ new) & ~(sv39.A | sv39.D) or not old & (sv39.R | sv39.X):
        return None
    if before.act is None and before.address & ~7 == at:
        return None  # it is the very entry that is stored to
    fresh = new & ~old
    wanted = sv39.A | sv39.D if access is Access.STORE else sv39.A
    offers = scene.history.leaves(scene.context.asid, virtual)
    clause, text = "S6", ""
    if before.act is Act.REFLECT and refused:
        text = f"refused, and yet it set {_bits(fresh)}" if fresh else ""
    elif fresh & ~wanted:
        text = f"a {access.name.lower()} set D"
    elif fresh and at not in compared:
        clause, text = "S16", f"{_bits(fresh)} set without compare_and_set"
    elif before.act is None and not refused and all(wanted & ~e.pte for e in offers):
        # Else it may be by a translation from before the guest's change, which leaves no mark.
        text = f"done, and {_bits(wanted & ~new)} is not set" if wanted & ~new else ""
    return Difference(virtual, "", clause, f"{text} in the PTE at {at:#x}") if text else None


def _bits(pte: int) -> str:
    return bits(pte).replace(".", "")
