"""Snapshots: the whole machine as bytes, from which a machine goes on bit for bit.

What is kept: the hart, RAM, every device with what its console has shown and what waits to be read,
the contents of a disk in memory, the reservation, the clock, whether the hart waits, PMP, and the
TLB, since a guest that forgot a fence can tell. What is not: the trace, the `traps` part, the
engine with what it has translated (either engine goes on from a snapshot of the other), and the
contents of a disk in a file: whoever restores a machine puts the file back.

A snapshot holds plain data only, so that reading one runs nothing. Integers are little-endian.

    bytes
    0..7    "VMLABSNP"
    8..11   version of the format, 1
    12..15  CRC-32 of the rest
    16..    a zlib stream, which ends where the snapshot ends:
        0..7    length of the JSON text in bytes
        8..     the JSON text: {"state": ..., "pages": [numbers], "blobs": [lengths]};
                bytes within it stand as {"blob": index}
                the blobs, one after another; the last holds the 4096 bytes of each page of RAM
                in "pages"; all other pages are zero
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import encoding, pages, state
from .errors import SnapshotError

if TYPE_CHECKING:
    from vmlab.machine import Machine

__all__ = ["Capture", "SnapshotError", "capture", "put_back", "restore", "save"]


class Capture(NamedTuple):
    """A machine at one moment. It does not change, and shares pages with earlier ones."""

    state: state.State
    pages: pages.Pages


def capture(machine: Machine, earlier: Capture | None = None) -> Capture:
    """Keep the machine's present; pages that are as in `earlier` cost nothing again."""
    known = earlier.pages if earlier else {}
    present = state.gather(machine)
    if earlier:
        present = state.shared(present, earlier.state)
    return Capture(present, pages.gather(machine.memory, known))


def put_back(machine: Machine, captured: Capture) -> None:
    """Make the machine what it was. Raise SnapshotError, with nothing changed, if it cannot be."""
    before = state.gather(machine)
    try:
        state.apply(machine, captured.state)
    except Exception as error:  # devices check what they are given by using it
        state.apply(machine, before)
        if isinstance(error, SnapshotError):
            raise
        raise SnapshotError(f"the snapshot is damaged: {type(error).__name__}: {error}") from None
    pages.apply(machine.memory, captured.pages)


def save(machine: Machine) -> bytes:
    """Return the whole machine as bytes."""
    return encoding.encode(*capture(machine))


def restore(machine: Machine, data: bytes) -> None:
    """Make `machine` what was saved. Raise SnapshotError, with nothing changed, if it cannot be.

    The machine needs RAM of the same size at the same place, the same options but for the engine,
    and the same devices.
    """
    put_back(machine, Capture(*encoding.decode(data, machine.memory.size)))
