"""The bench of a `vmm` part: a host with a clock, console lines and files, and VMs on it.

What a test learns, the hardware tells: bytes on the console lines, writes to files, instructions
and exits of each VM, and the host's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from vmlab import held
from vmlab.bench import vmm_bare
from vmlab.bench.disk_store import SparseFile, Store
from vmlab.bench.vmm_asked import Asked
from vmlab.bench.vmm_frames import Frames
from vmlab.bench.vmm_guest import Guest, granted
from vmlab.bench.vmm_guests import PAGES
from vmlab.bench.vmm_host import Bill, Host
from vmlab.bench.vmm_witness import Witness
from vmlab.image import Format
from vmlab.memory import Ram
from vmlab.parts.traps import Part as Traps
from vmlab.parts.vmm import Part
from vmlab.program import Program
from vmlab.testing import Mismatch
from vmlab.vm import DiskConfig, Ledger, Resources, Segment, VmConfig, VmRefused

SHARED = 4 << 20
"""Bytes of RAM that bench and part share."""
FRAMES = 700
QUANTUM = 2_000
DISK_BYTES = 1 << 20
FOREVER = 1 << 40


class Bench:
    """A machine that the part has to itself, and the VMs that it makes there."""

    given: Callable[[str], Any] | None = None
    """What gives an earlier part by name, for a bare machine beside the VMs; set by the fixture."""

    def __init__(self, part: Part, ram: Ram | None = None) -> None:
        self.guests: dict[int, Guest] = {}
        self.part = cast(Part, Asked(part, self.guests))
        self.ram = ram or Ram(SHARED)
        self.store = Store()
        self.resources = Resources([], 0)
        self.host: Host

    def start(
        self, frames: int = FRAMES, quantum: int = QUANTUM, disk_bytes: int = DISK_BYTES
    ) -> Bench:
        """Hand the machine over to the part. Returns itself."""
        dealt = Frames(self.ram, frames)
        self.host = self.make_host(dealt)
        self.store = Store()
        self.guests.clear()
        self.resources = Resources(list(dealt.ours), quantum, disk_bytes)
        self.part.start(self.ram.bytes, self.resources)
        return self

    def make_host(self, frames: Frames) -> Host:
        """Make the host."""
        return Host(self.ram, frames)

    # VMs

    def vm(
        self,
        program: Program,
        name: str = "",
        *,
        pages: int = PAGES,
        share: int = 1,
        disk: bytes | None = None,
        quota: int | None = None,
        read_only: bool = False,
    ) -> Guest:
        """Make a VM with a kernel; `disk` is what a raw image in the store holds.

        Raise Mismatch if the part refuses it.
        """
        vmid = max(self.guests, default=0) + 1
        name = name or f"vm{vmid}"
        drive = None
        if disk is not None:
            file = f"{name}.img"
            self.store.files[file] = SparseFile(disk)
            drive = DiskConfig(file, Format.RAW, read_only, len(disk) if quota is None else quota)
        config = configuration(program, name, vmid, pages=pages, share=share, disk=drive)
        try:
            return self.create(config, program.name)
        except VmRefused as refused:
            scenario = f"create of VM {name} ({program.name})"
            raise Mismatch(scenario, "it is made", refused.message) from None

    def create(self, config: VmConfig, program: str = "") -> Guest:
        """Make a VM; `program` is what its kernel is called. Raise VmRefused if the part does."""
        witness = Witness(config, self.store.files)
        self.part.create(self.host, self.store, config)
        self.host.bills[config.vmid] = Bill()  # another VM may have had this vmid
        self.host.witnesses[config.vmid] = witness
        guest = Guest(self, config, program)
        self.guests[config.vmid] = guest
        self.host.frames.titles[config.vmid] = guest.title
        return guest

    def refuses(self, config: VmConfig, *words: str) -> None:
        """The part refuses a configuration, with a sentence that has the VM's name and `words`.

        Nothing has come of it: the ledger is as it was.
        """
        before = self.part.ledger()
        scenario = f"create of VM {config.name}"
        try:
            self.part.create(self.host, self.store, config)
        except VmRefused as refused:
            wanted = [config.name, *words]
            if not all(word in refused.message for word in wanted):
                said = " and ".join(repr(word) for word in wanted)
                raise Mismatch(scenario, f"a sentence with {said}", refused.message) from None
        else:
            raise Mismatch(scenario, "it is refused", "it is made")
        if self.part.ledger() != before:
            raise Mismatch(f"{scenario} was refused", "the ledger as before", "another one")

    def destroy(self, guest: Guest) -> None:
        """End a VM. Raise Mismatch if the part refuses."""
        with granted("destroy", guest):
            self.part.destroy(self.host, self.store, guest.vmid)
        self.host.forget_vm(guest.vmid)
        guest.ran()
        del self.guests[guest.vmid]

    def balloon(self, guest: Guest, pages: int) -> int:
        """Blow a VM's balloon up, or let it out; return how many frames the VM may have then.

        Raise Mismatch if the part refuses.
        """
        with granted(f"balloon of {pages} pages", guest):
            return self.part.balloon(self.host, guest.vmid, pages)

    def run(self, ticks: int = FOREVER) -> Bench:
        """Let the VMs run, for so many ticks of the host's clock at most. Returns itself."""
        with held.prepared():
            self.part.run(self.host, self.store, self.host.time() + ticks)
        self.host.look_at_all()
        for guest in self.guests.values():
            guest.ran()
        return self

    def ledger(self) -> Ledger:
        """Return what the part says of who has what. Raise Mismatch if frames are missing in it."""
        ledger = self.part.ledger()
        found = ledger.free + sum(account.memory + account.tables for account in ledger.accounts)
        if found != len(self.resources.frames):
            raise Mismatch(
                "the frames in the ledger, free and used",
                f"{len(self.resources.frames)} in all",
                f"{found}: {ledger}",
            )
        promised = sum(account.promised + account.reserved for account in ledger.accounts)
        if promised > len(self.resources.frames):
            got = f"{promised} of {len(self.resources.frames)}"
            raise Mismatch("the frames that are promised", "no more than there are", got)
        return ledger

    # The bare machine

    def bare(
        self, traps: Traps, program: Program, *, pages: int = PAGES, **options: Any
    ) -> vmm_bare.Outcome:
        """Run a program on the bare machine; see `vmm_bare.run`."""
        return vmm_bare.run(traps, program, pages, **options)

    def equals(
        self, traps: Traps, program: Program, *, disk: bytes | None = None, typed: bytes = b""
    ) -> Guest:
        """A program does under the VMM, alone, what it does on the bare machine; return the VM.

        The same bytes on the console and the disk, and the same end.
        """
        bare = self.bare(traps, program, disk=disk, typed=typed)
        guest = self.vm(program, disk=disk)
        if typed:
            guest.types(typed)
        self.run()
        bare.check(guest)
        return guest


def configuration(
    program: Program, name: str, vmid: int, *, pages: int = PAGES, **others: Any
) -> VmConfig:
    """Return the configuration of a VM with a kernel; `others` are more of its fields."""
    segments = [Segment(address, bytes(contents)) for address, contents in program.segments]
    return VmConfig(name, vmid, pages, segments, program.entry, **others)
