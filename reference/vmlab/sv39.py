"""Sv39: from a virtual address to a physical one (Privileged manual, "Sv39" and "Sv32").

virtual address    38     30 29     21 20     12 11          0
                  | VPN[2]  | VPN[1]  | VPN[0]  | page offset |

PTE                63  54 53           10 9  8  7 6 5 4 3 2 1 0
                  | 0    | PPN, 44 bits  | RSW |D|A|G|U|X|W|R|V|
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .access import Access
from .hart import Mode
from .mstatus import MXR, SUM

V = 1 << 0
R = 1 << 1
W = 1 << 2
X = 1 << 3
U = 1 << 4
G = 1 << 5
A = 1 << 6
D = 1 << 7
RESERVED = 0x3FF << 54
"""Bits 63 to 54: neither Svnapot nor Svpbmt is there (norm:Sv39_pte_svnapot_rsv and two more)."""

PAGE_SHIFT = 12
VPN_BITS = 9
LEVELS = 3
PTE_SIZE = 8
SATP_SV39 = 8
"""The value of `satp`.MODE, bits 63 to 60, that turns Sv39 on."""
PPN_MASK = (1 << 44) - 1


class PageFault(Exception):
    """The page tables do not allow the access; the message says which rule refused it."""


class Step(NamedTuple):
    """One PTE that a walk read."""

    level: int
    """2 for the root."""
    address: int
    """Physical address of the PTE."""
    pte: int


def walk(
    read_pte: Callable[[int], int],
    satp: int,
    address: int,
    access: Access,
    mode: Mode,
    mstatus: int,
    steps: list[Step] | None = None,
    update: Callable[[int, int], None] | None = None,
) -> int:
    """Translate a virtual address by the page tables at `satp`; return the physical address.

    Args:
        read_pte: Returns the 8 bytes at a physical address. What it raises, if there is no memory,
            passes through; it means an access fault of the original kind (step 2).
        satp: Only its PPN field is used.
        address: Virtual address, 64 bits.
        access: What the address is used for.
        mode: The mode whose rights count, S or U; MPRV has been applied.
        mstatus: Its SUM and MXR fields are used.
        steps: Takes up every PTE that was read.
        update: Writes 8 bytes at a physical address: the walk sets A and D bits itself (Svadu).
            What it raises passes through. Without it nothing is written: software keeps these
            bits (Svade).

    Raises:
        PageFault: if the tables refuse the access.
    """
    # "must have bits 63-39 all equal to bit 38" (norm:Sv39_va_signext)
    if address >> 38 not in (0, 0x3FF_FFFF):
        raise PageFault("address bits 63 to 39 differ from bit 38")

    # 1. "Let a be satp.ppn x PAGESIZE, and let i = LEVELS-1."
    table = (satp & PPN_MASK) << PAGE_SHIFT
    level = LEVELS - 1
    while True:
        # 2. "Let pte be the value of the PTE at address a + va.vpn[i] x PTESIZE."
        vpn = address >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1
        pte_address = table + vpn * PTE_SIZE
        pte = read_pte(pte_address)
        if steps is not None:
            steps.append(Step(level, pte_address, pte))

        # 3. "If pte.v = 0, or if pte.r = 0 and pte.w = 1, or if any bits or encodings that are
        #    reserved for future standard use are set"
        if not pte & V:
            raise PageFault("PTE is not valid")
        if pte & (R | W) == W:
            raise PageFault("PTE is writable but not readable")
        if pte & RESERVED:
            raise PageFault("PTE has reserved bits set")

        # 4. "If pte.r = 1 or pte.x = 1, go to step 5. Otherwise, this PTE is a pointer"
        if pte & (R | X):
            break
        if pte & (D | A | U):  # "For non-leaf PTEs, the D, A, and U bits are reserved"
            raise PageFault("pointer PTE has D, A or U set")
        level -= 1
        if level < 0:
            raise PageFault("no leaf PTE at the last level")
        table = (pte >> 10 & PPN_MASK) << PAGE_SHIFT

    # 5. "If i > 0 and pte.ppn[i-1:0] != 0, this is a misaligned superpage"
    ppn = pte >> 10 & PPN_MASK
    low = (1 << VPN_BITS * level) - 1
    if ppn & low:
        raise PageFault("superpage is misaligned")

    # 6. "if the requested memory access is allowed by the pte.u bit, given the current privilege
    #    mode and the value of the SUM and MXR fields"
    if mode == Mode.U and not pte & U:
        raise PageFault("U-mode may not use a supervisor page")
    if mode == Mode.S and pte & U:
        # "Irrespective of SUM, the supervisor may not execute code on pages with U=1."
        if access is Access.FETCH:
            raise PageFault("S-mode may not execute a user page")
        if not mstatus & SUM:
            raise PageFault("S-mode may not use a user page while SUM=0")

    # 8. "if the requested memory access is allowed by the pte.r, pte.w, and pte.x bits"
    #    (7 is about shadow stacks, which this hart does not have)
    if access is Access.FETCH and not pte & X:
        raise PageFault("page is not executable")
    if access is Access.LOAD and not pte & (R | X if mstatus & MXR else R):
        raise PageFault("page is not readable")
    if access is Access.STORE and not pte & W:
        raise PageFault("page is not writable")

    # 9. "If pte.a = 0, or if the original memory access is a store and pte.d = 0: if the Svade
    #    extension is implemented, stop and raise a page-fault exception"; else set them.
    wanted = A | D if access is Access.STORE else A
    if pte & wanted != wanted:
        if update is None:
            raise PageFault("PTE has A=0" if not pte & A else "PTE has D=0")
        update(pte_address, pte | wanted)

    # 10. "If i > 0, then this is a superpage translation and pa.ppn[i-1:0] = va.vpn[i-1:0]."
    page = ppn | address >> PAGE_SHIFT & low
    return page << PAGE_SHIFT | address & (1 << PAGE_SHIFT) - 1
