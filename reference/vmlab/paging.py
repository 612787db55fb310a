"""What a VMM and its pager tell each other about a guest's memory, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .ranges import U64


@dataclass(frozen=True)
class GuestRam:
    """A guest's RAM as it believes to have it, and where it really is."""

    base: U64
    """Guest-physical address of the first byte, a multiple of 4096."""
    frames: list[U64 | None]
    """For each page of 4096 bytes from `base` on, the number of the host frame that holds it (a
    physical address divided by 4096), in no order; None for a page that the guest was promised
    but has no frame now."""


class Act(Enum):
    """The kinds of `Answer` to a fault."""

    RETRY = "retry"
    """Enter the guest again at the same instruction; it gets further now."""
    REFLECT = "reflect"
    """The fault is the guest's own: its kernel must be told."""
    DEVICE = "device"
    """The guest may make the access, but it does not lead to RAM: the VMM emulates a device."""
    ABSENT = "absent"
    """The access, or the walk for it, needs a guest page that has no frame now."""
    EMULATE = "emulate"
    """The guest may store here, but the shadow forbids it, for it is a page table: the VMM carries
    the instruction out in the guest's memory, then calls `written` for what it wrote."""


@dataclass(frozen=True)
class Answer:
    """What a VMM is to do after a fault."""

    act: Act
    address: U64 = 0
    """REFLECT: what the guest's `stval` gets, a virtual address. DEVICE, ABSENT, EMULATE: the
    guest-physical address of the byte that was asked about."""
    cause: U64 = 0
    """REFLECT: what the guest's `scause` gets, an `Exc`."""
