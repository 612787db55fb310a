"""Virtual machines as a VMM is told of them, and tells of them, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from .image import Format, Name, Text
from .ranges import U16, U32, U64, Length

SHARE_MOST = 100
PAGES_MOST = 1 << 16
"""So many pages a VM can be promised: 256 MiB."""
Frames = Annotated[list[U64], Length(2 * PAGES_MOST)]


@dataclass(frozen=True)
class Resources:
    """What the host hands its VMM, once."""

    frames: Frames
    """Numbers of the host frames that are the VMM's (a physical address divided by 4096), strewn
    over RAM and full of what was there before. All that it gives to VMs and keeps tables in."""
    quantum: U64
    """Ticks of the host's clock that a VM may run before another has its turn."""
    disk_bytes: U64 = 0
    """What the files of all disks together may take."""


@dataclass(frozen=True)
class Segment:
    """A piece of a kernel."""

    address: U64
    """Guest-physical address of its first byte."""
    contents: Annotated[bytes, Length(1 << 20)]


@dataclass(frozen=True)
class DiskConfig:
    """The disk of a VM: virtio slot 0."""

    name: Name
    """Its file in the host's store, which is there already."""
    format: Format = Format.RAW
    read_only: bool = False
    quota: U64 = 1 << 20
    """Bytes that its file may have at most; the ledger counts them, read-only or not. The guest
    sees an I/O error where it would grow on."""


@dataclass(frozen=True)
class VmConfig:
    """What a VM is to be like. Its RAM begins at guest-physical 0x8000_0000."""

    name: Name
    vmid: U16
    """By which host and VMM mean this VM; not 0, and no other's until that is destroyed."""
    pages: U32
    """Pages of RAM, each of 4096 bytes, 1 to PAGES_MOST."""
    segments: list[Segment]
    """The kernel; at least one, all in RAM, disjoint. The rest of RAM is zeros."""
    entry: U64
    """Where the kernel begins, in M-mode with all registers 0; in one of the segments, and even."""
    disk: DiskConfig | None = None
    share: U32 = 1
    """Weight of its claim to the processor, 1 to SHARE_MOST."""


class VmRefused(Exception):
    """The VMM does not do what it was asked for, and nothing has come of it.

    `message` is one sentence, which names the VM and the reason.
    """

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message


class Route(Enum):
    """Where the dispatcher takes an exit."""

    SCHEDULER = "scheduler"
    """The host's timer has taken the processor back."""
    CONSOLE = "console"
    """The host has input for a VM."""
    INTERPRETER = "interpreter"
    """An instruction that U-mode must not execute."""
    GUEST = "guest"
    """An exception that is the guest's own affair."""
    MEMORY = "memory"
    """A page fault."""
    HOST = "host"
    """What no guest can cause: the host has a bug."""


class State(Enum):
    """What a VM is doing."""

    RUNNING = "running"
    """It runs, or would."""
    WAITING = "waiting"
    """It is in `wfi`."""
    OFF = "off"
    """It has switched itself off; `code` is what it said."""
    KILLED = "killed"
    """It could not go on, for which `reason` is its own."""
    LOST = "lost"
    """The host could not go on with it; no fault of the guest."""


@dataclass(frozen=True)
class Status:
    """What has become of a VM."""

    state: State
    code: int = 0
    """OFF: 0 for a pass, 1 to 65535 for a failure, -1 for a reset."""
    reason: Text = ""
    """KILLED, LOST: one sentence, which names the VM and the reason."""


@dataclass(frozen=True)
class Account:
    """What the ledger says of one VM."""

    vmid: U16
    promised: U32
    """Frames that its RAM may have: `VmConfig.pages`, or less while a balloon is in it."""
    memory: U32
    """Frames that its RAM has."""
    tables: U32
    """Frames that hold its shadow tables."""
    reserved: U32
    """Frames that only it may have for shadow tables, those in use among them."""
    disk_bytes: U64
    share: U32


@dataclass(frozen=True)
class Ledger:
    """Who has what. All frames of `Resources` are free, or in one account, or nowhere else."""

    free: U32
    """Frames that are nobody's, promised or not."""
    disk_bytes: U64
    """That are promised to nobody."""
    accounts: list[Account] = field(default_factory=list)
    """Of the VMs that live, by `vmid`."""
