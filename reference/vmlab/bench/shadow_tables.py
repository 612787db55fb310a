"""A guest's page tables as a test wants them, and the shadow as the MMU finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from vmlab.bench.shadow_host import FIRST_FRAME, Frames
from vmlab.memory import PAGE_SIZE
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, PTE_SIZE, SATP_SV39, VPN_BITS, A, D, G, R, U, V, W, X
from vmlab.testing import Mismatch

MOST_TABLES = 1024
"""So many tables a walk goes through: more than can be, without circles."""
IN_USE = "a walk of the shadow that is in use"
LETTERS = {"V": V, "R": R, "W": W, "X": X, "U": U, "G": G, "A": A, "D": D}


def flags(text: str) -> int:
    """Return PTE bits by their letters, such as "VRWAD"."""
    return sum(LETTERS[letter] for letter in text)


def letters(pte: int) -> str:
    """Return the letters of a PTE's bits."""
    return "".join(name for name, bit in LETTERS.items() if pte & bit) or "no bits"


def pte(target: int, bits: str | int) -> int:
    """Return a PTE that leads to a guest-physical address."""
    return target >> PAGE_SHIFT << 10 | (flags(bits) if isinstance(bits, str) else bits)


def satp(root: int, asid: int = 0) -> int:
    """Return the `satp` of a root table at a guest-physical address."""
    return SATP_SV39 << 60 | asid << 44 | root >> PAGE_SHIFT


def vpn(virtual: int, level: int) -> int:
    """Return the index that a virtual address has in a table of this level."""
    return virtual >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1


class GuestTables:
    """Builds tables in a guest's memory, one page each, taken from the front of its RAM."""

    def __init__(
        self,
        read: Callable[[int], int],
        write: Callable[[int, int], None],
        page: Callable[[], int],
    ) -> None:
        """Build it of what reads and writes 8 bytes, and gives a zeroed page for a table."""
        self._read = read
        self._write = write
        self._page = page

    def entry(self, root: int, virtual: int, level: int = 0) -> int:
        """Return the guest-physical address of the PTE for `virtual`, with tables on the way."""
        table = root
        for step in range(2, level, -1):
            at = table + vpn(virtual, step) * PTE_SIZE
            found = self._read(at)
            if not found & V:
                found = pte(self._page(), "V")
                self._write(at, found)
            table = (found >> 10 & PPN_MASK) << PAGE_SHIFT
        return table + vpn(virtual, level) * PTE_SIZE


class ShadowLeaf(NamedTuple):
    """What the shadow says of one page of 4096 bytes."""

    frame: int
    bits: int


def root_frame(frames: Frames, value: int, scenario: str) -> int:
    """Return the frame in a `satp` of the pager's. Raise Mismatch if it cannot be the root."""
    frame = value & PPN_MASK
    if value >> 60 != SATP_SV39 or frame not in frames.tables:
        raise Mismatch(
            scenario,
            "root returns a satp of mode Sv39, with a frame from allocate",
            f"{value:#x}; frame {frame:#x} is {frames.owner(frame)}",
        )
    return frame


def leaves(frames: Frames, root: int) -> dict[int, ShadowLeaf]:
    """Walk the shadow from a frame; return its leaves by virtual address of the page.

    Only what the real U-mode can use is a leaf; larger pages are given in pieces. Raises Mismatch
    if a pointer leads anywhere but to a frame of the pager's own, or tables lead to each other.
    """
    return dict(_Walk(frames).table(root, 2, 0))


def check_leaves(frames: Frames, root: int, scenario: str) -> dict[int, ShadowLeaf]:
    """Return what `leaves` does. Raise Mismatch, too, if one leads to a frame of another VM."""
    found = leaves(frames, root)
    for virtual, leaf in found.items():
        if leaf.frame not in frames.guest:
            raise Mismatch(
                f"{scenario}: {IN_USE}",
                "every leaf leads to a frame of this VM",
                f"the leaf {letters(leaf.bits)} at {virtual:#x} leads to frame {leaf.frame:#x}, "
                f"{frames.owner(leaf.frame)}",
            )
    return found


class _Walk:
    """What is seen of the shadow from one root."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._left = MOST_TABLES

    def table(self, table: int, level: int, virtual: int) -> Iterator[tuple[int, ShadowLeaf]]:
        """Yield the leaves that a table and those under it hold."""
        if table not in self._frames.tables:
            raise Mismatch(
                IN_USE,
                "shadow tables in frames that the pager has allocated",
                f"a table in frame {table:#x}, which is {self._frames.owner(table)}",
            )
        self._left -= 1
        if not self._left:
            raise Mismatch(
                IN_USE,
                f"{len(self._frames.tables)} shadow tables, each in its place",
                f"the same ones again and again, frame {table:#x} among them",
            )
        start = (table - FIRST_FRAME) * PAGE_SIZE // PTE_SIZE
        words = self._frames.ram.unsigned[8][start : start + PAGE_SIZE // PTE_SIZE].tolist()
        for index, entry in [(i, word) for i, word in enumerate(words) if word & V]:
            address = virtual | index << PAGE_SHIFT + VPN_BITS * level
            frame = entry >> 10 & PPN_MASK
            if entry & (R | W | X):
                if entry & U and entry & A:
                    yield from self._pieces(address, frame, entry, level)
            elif level:
                yield from self.table(frame, level - 1, address)

    def _pieces(
        self, address: int, frame: int, entry: int, level: int
    ) -> Iterator[tuple[int, ShadowLeaf]]:
        """Yield the pages of a leaf, up to the first that is not this VM's."""
        for piece in range(1 << VPN_BITS * level):
            at = address + (piece << PAGE_SHIFT)
            yield at | -(at >> 38 & 1) << 39 & (1 << 64) - 1, ShadowLeaf(frame + piece, entry)
            if frame + piece not in self._frames.guest:
                return
