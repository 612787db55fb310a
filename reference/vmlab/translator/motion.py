"""How registers move within one turn of a loop, as far as that is by known distances."""

from __future__ import annotations

from typing import NamedTuple

from ..isa import Decoded, Kind
from .values import constant, signed

FARTHEST = 1 << 40
"""Distances beyond are not followed."""


class Moved(NamedTuple):
    """What a register held when the turn began, and a distance from there."""

    base: int
    """The register; 0 if the distance is all."""
    distance: int
    word: bool = False
    """Whether the sum is wrapped to a signed number of 32 bits."""


Motion = dict[int, Moved | None]
"""What registers hold; None if that is not known, nothing if it is what they began with."""


def where(motion: Motion, register: int) -> Moved | None:
    """Return what a register holds."""
    return motion.get(register, Moved(register, 0)) if register else Moved(0, 0)


def after(motion: Motion, pc: int, decoded: Decoded) -> Moved | None:
    """Return what the destination of an instruction holds then."""
    row = decoded.instruction
    if row.kind is Kind.JUMP:
        return _moved(Moved(0, pc + decoded.length), 0, False)
    if row.name in ("lui", "auipc"):
        return _moved(Moved(0, decoded.imm + (pc if row.name == "auipc" else 0)), 0, False)
    if row.name in ("addi", "addiw"):
        start = where(motion, decoded.rs1)
        return start and _moved(start, decoded.imm, row.name == "addiw")
    if row.name in ("add", "addw"):
        first, second = where(motion, decoded.rs1), where(motion, decoded.rs2)
        if first and second and not first.base:
            first, second = second, first
        if first and second and not second.base:
            return _moved(first, second.distance, row.name == "addw")
    return None


def _moved(start: Moved, distance: int, word: bool) -> Moved | None:
    total = start.distance + distance
    if not start.base:
        return Moved(0, signed(constant(total), 32 if word else 64).low)
    if abs(total) > FARTHEST or (start.word and distance and not word):
        return None
    return Moved(start.base, total, word or start.word)


def join(motion: Motion, other: Motion) -> set[int]:
    """Keep what holds on both ways that meet; return the registers of which it does not."""
    lost = {
        number
        for number in set(motion) | set(other)
        if where(motion, number) != where(other, number)
    }
    for number in lost:
        motion[number] = None
    return lost
