"""Random sequences of operations on a disk, beside its flat model (D21).

A sequence is plain data. `pinned` draws it from a seed, the same on every host; `SEQUENCES` lets
hypothesis draw and shrink it, which it may do otherwise in another of its versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st
from vmlab.bench.disk import Bench, Drive
from vmlab.bench.disk_store import Store
from vmlab.image import Format

SIZE = 1 << 16
BASES = [None, None, 15_000, 40_960, 2 * SIZE]
"""How long the backing file is, if there is one."""
BITS = [9, 9, 10, 12, 16]
ORDERS = [3, 4, 4, 6]
KINDS = ["write"] * 10 + ["read"] * 3 + ["take"] * 3 + ["apply", "apply", "delete", "delete"]
KINDS += ["flush", "reopen"]
PLACES = [*range(0, SIZE, 3001), *range(0, SIZE, 4096), 511, 513, SIZE - 1]
LENGTHS = [0, 1, 100, 512, 1024, 3000, 4096, 20_000]
LENGTH = 22
"""Operations of a sequence."""
MOST = 4
"""Snapshots that are there at a time."""
Operation = tuple[Any, ...]
Sequence_ = tuple[Operation, list[Operation]]
"""How the image is made: length of the base, cluster_bits, refcount_order; and what is done."""
Choose = Callable[[Sequence[Any]], Any]
"""Picks one of several things: at random, or for hypothesis."""


def pinned(seed: int) -> Sequence_:
    """Return a random sequence, the same for a seed on every host and in every version."""
    choose = Random(seed).choice
    return _image(choose), [_operation(choose) for _ in range(LENGTH)]


@st.composite
def _drawn(draw: st.DrawFn, what: Callable[[Choose], Operation]) -> Operation:
    return what(lambda options: draw(st.sampled_from(options)))


def _image(choose: Choose) -> Operation:
    return choose(BASES), choose(BITS), choose(ORDERS)


def _operation(choose: Choose) -> Operation:
    kind = choose(KINDS)
    if kind in ("read", "write"):
        return kind, choose(PLACES), choose(LENGTHS)
    if kind in ("apply", "delete"):
        return kind, choose(range(MOST))
    return (kind,)


SEQUENCES = st.tuples(_drawn(_image), st.lists(_drawn(_operation), min_size=4, max_size=LENGTH))


def play(bench: Bench, sequence: Sequence_) -> None:
    """Do all of it; raise Mismatch where the disk is not what its model is."""
    (length, bits, order), operations = sequence
    bench.store = Store()  # a sequence that failed left its files open
    fields = {"cluster_bits": bits, "refcount_order": order}
    holds = bytes(SIZE)
    if length:
        base = bytes(n * 7 + n // 251 & 0xFF for n in range(length))
        bench.put("base.img", base)
        fields |= {"backing": "base.img", "backing_format": Format.RAW}
        holds = base[:SIZE].ljust(SIZE, b"\0")
    bench.create("disk.qcow2", SIZE, **fields)
    disk = bench.open("disk.qcow2", holds=holds)
    for number, operation in enumerate(operations):
        disk = _do(bench, disk, number, *operation)
    disk.look()
    disk.inspect()
    disk.snapshots_are(*disk.kept)
    disk.close()
    if length:
        bench.check_untouched("base.img")


def _do(bench: Bench, disk: Drive, number: int, kind: str, *arguments: int) -> Drive:
    """Do one operation; return the disk, which may have been opened anew."""
    names = list(disk.kept)
    if kind == "write":
        offset, length = arguments
        data = bytes([number + 1, 0xFF - number, offset & 0xFF, 0x55]) * (length // 4 + 1)
        disk.write(offset, data[: min(length, SIZE - offset)])
    elif kind == "read":
        offset, length = arguments
        disk.read(offset, min(length, SIZE - offset))
    elif kind == "flush":
        disk.flush()
    elif kind == "take" and len(names) < MOST:
        disk.take(f"after {number}")
    elif kind == "apply" and names:
        disk.apply(names[arguments[0] % len(names)])
    elif kind == "delete" and names:
        disk.delete(names[arguments[0] % len(names)])
    elif kind == "reopen":
        disk.close()
        kept = disk.kept
        disk = bench.open(disk.name, holds=disk.model)
        disk.kept = kept
    return disk
