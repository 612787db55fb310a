"""Memory as a debugger sees it: at the guest's virtual addresses, and without a trace.

The address is translated as loads of the hart's mode are, by walking the page tables in RAM as they
stand: the TLB is neither used nor filled, and what a PTE forbids (permissions, A and D) does not
count. In M-mode it is physical. Where nothing is mapped there is nothing to be seen; devices are
not read either, since that can change them.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmlab import sv39
from vmlab.access import Access
from vmlab.bus import BusError
from vmlab.hart import MASK64, Mode
from vmlab.machine import Machine
from vmlab.memory import PAGE_SIZE


class Unreachable(Exception):
    """There is no memory at this virtual address."""


def read(machine: Machine, address: int, length: int) -> bytes:
    """Return `length` bytes, or as many as there are; raise Unreachable if there are none."""
    found = bytearray()
    try:
        for offset, size in _pieces(machine, address, length):
            found += machine.memory.bytes[offset : offset + size]
    except Unreachable:
        if not found:
            raise
    return bytes(found)


def places(machine: Machine, address: int, length: int) -> list[tuple[int, int]]:
    """Return the offset in RAM and the length of each piece; raise Unreachable if one is not."""
    return list(_pieces(machine, address, length))


def _pieces(machine: Machine, address: int, length: int) -> Iterator[tuple[int, int]]:
    while length > 0:
        address &= MASK64
        size = min(length, PAGE_SIZE - address % PAGE_SIZE)
        offset = machine.memory.offset(_physical(machine, address), size)
        if offset is None:
            raise Unreachable(address)
        yield offset, size
        address += size
        length -= size


def _physical(machine: Machine, address: int) -> int:
    hart = machine.hart
    if hart.mode == Mode.M or hart.satp >> 60 != sv39.SATP_SV39:
        return address
    steps: list[sv39.Step] = []
    try:
        return sv39.walk(
            machine.bus.read_pte, hart.satp, address, Access.LOAD, hart.mode, hart.mstatus, steps
        )
    except BusError:
        raise Unreachable(address) from None
    except sv39.PageFault:
        return _of_leaf(steps, address)


def _of_leaf(steps: list[sv39.Step], address: int) -> int:
    """Return where the last PTE of a refused walk leads, if it is a leaf."""
    if not steps:
        raise Unreachable(address)
    level, _, pte = steps[-1]
    if not pte & sv39.V or not pte & (sv39.R | sv39.X) or pte & sv39.RESERVED:
        raise Unreachable(address)
    low = (1 << sv39.PAGE_SHIFT + sv39.VPN_BITS * level) - 1
    return (pte >> 10 & sv39.PPN_MASK) << sv39.PAGE_SHIFT & ~low | address & low
