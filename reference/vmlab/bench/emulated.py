"""A store that a VMM carries out for its guest, since the pager keeps the page read-only."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.hart import MASK64, HartState
from vmlab.isa import Decoded, Kind, decode, stored
from vmlab.memory import PAGE_SIZE

STORES = (Kind.STORE, Kind.AMO, Kind.SC)


def store_at(word: int) -> Decoded | None:
    """Decode an instruction; None if it does not store."""
    decoded = decode(word)
    return decoded if decoded and decoded.instruction.kind in STORES else None


def target(vcpu: HartState, store: Decoded) -> int:
    """Return the virtual address that it stores to."""
    offset = store.imm if store.instruction.kind is Kind.STORE else 0
    return vcpu.x[store.rs1] + offset & MASK64


def pages(address: int, length: int) -> list[tuple[int, int]]:
    """Split a range where pages end: address and length of each portion."""
    found = []
    while length:
        first = min(length, PAGE_SIZE - address % PAGE_SIZE)
        found.append((address, first))
        address, length = address + first & MASK64, length - first
    return found


def carry_out(
    vcpu: HartState,
    store: Decoded,
    places: list[tuple[int, int]],
    read: Callable[[int, int], bytes],
    write: Callable[[int, bytes], None],
) -> bool:
    """Do the store at guest-physical (address, length)s, and advance the pc.

    A store-conditional fails, which it may always. Returns whether memory was written.
    """
    row = store.instruction
    vcpu.pc = vcpu.pc + store.length & MASK64
    if row.kind is Kind.SC:
        _set(vcpu, store.rd, 1)
        return False
    old = 0
    if row.kind is Kind.AMO:
        raw = b"".join(read(address, length) for address, length in places)
        old = int.from_bytes(raw, "little", signed=True) & MASK64
    data = stored(store, vcpu.x, old)
    if row.kind is Kind.AMO:
        _set(vcpu, store.rd, old)
    for address, length in places:
        write(address, data[:length])
        data = data[length:]
    return True


def _set(vcpu: HartState, rd: int, value: int) -> None:
    if rd:
        vcpu.x[rd] = value
