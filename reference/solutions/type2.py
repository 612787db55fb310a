"""The same VMM as type 2: a program of an operating system, which lends it files and a terminal.

    python type2.py tests/hello.S
    python type2.py tests/disk.S --disk disk.img

`vmm.py` does not notice: it has a `Host` and a `Store` as before. Here they are made of what an
operating system offers. The processor is the simulated one, as /dev/kvm would be.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import deque
from io import FileIO
from pathlib import Path

import vmm
from vmlab.bench.vmm_guests import build
from vmlab.cli.guest import load_guest
from vmlab.cli.problem import Problem
from vmlab.cli.terminal import PosixTerminal, WindowsTerminal, terminal
from vmlab.clock import Clock
from vmlab.guest import GuestRunner
from vmlab.hart import HartState
from vmlab.image import Format, Reason, Refused
from vmlab.memory import PAGE_SIZE, RAM_BASE, Ram
from vmlab.options import Options
from vmlab.program import Program
from vmlab.trap import Exit, Irq
from vmlab.vm import DiskConfig, Resources, Segment, State, VmConfig, VmRefused

VMID = 1
QUANTUM = 10_000
FOREVER = 1 << 62
WORD = 0x5EED
"""What a guest of the folder `tests` finds in its constant WORD; its `.txt` file says so, too."""
CTRL_A = 0x01


class Folder:
    """The disks: files of the host, in one folder; see `vmlab.parts.disk.Store`.

    What the system refuses, an OSError, is Refused with Reason.FAILED: the guest sees an I/O error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, FileIO] = {}
        self._locks: dict[str, int] = {}
        """How many hold a file; -1 for one that has it alone."""

    def _file(self, name: str) -> FileIO:
        """Return the file, open for reading and writing, without a buffer of Python's own."""
        try:
            if name not in self._open:
                self._open[name] = (self._folder / name).open("r+b", buffering=0)
        except OSError as error:
            raise failed(name, error) from None
        return self._open[name]

    def close(self) -> None:
        """Give the files back to the system."""
        for file in self._open.values():
            file.close()

    def size(self, name: str) -> int | None:
        """Return the length of a file in bytes; None if there is none."""
        # BEGIN SOLUTION type 2: size
        path = self._folder / name
        return path.stat().st_size if path.is_file() else None
        # END SOLUTION

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return bytes: at most `length`, and none at the end of the file only."""
        file = self._file(name)
        # BEGIN SOLUTION type 2: read
        try:
            file.seek(offset)
            return file.read(length)
        except OSError as error:
            raise failed(name, error) from None
        # END SOLUTION

    def write(self, name: str, offset: int, data: bytes) -> int:
        """Write bytes; return how many."""
        file = self._file(name)
        # BEGIN SOLUTION type 2: write
        try:
            file.seek(offset)
            return file.write(data)
        except OSError as error:
            raise failed(name, error) from None
        # END SOLUTION

    def flush(self, name: str) -> None:
        """Return when all that was written is on the disk, not only with the system."""
        file = self._file(name)
        # BEGIN SOLUTION type 2: flush
        try:
            os.fsync(file.fileno())
        except OSError as error:
            raise failed(name, error) from None
        # END SOLUTION

    def resize(self, name: str, size: int) -> None:
        """Give a file a length, and create it if there is none."""
        # BEGIN SOLUTION type 2: resize
        try:
            (self._folder / name).touch()
            self._file(name).truncate(size)
        except OSError as error:
            raise failed(name, error) from None
        # END SOLUTION

    def lock(self, name: str, exclusive: bool) -> bool:
        """Lock a file among the VMs of this process, alone or shared; return whether it worked."""
        # BEGIN SOLUTION type 2: lock
        holders = self._locks.get(name, 0)
        if holders < 0 or (exclusive and holders):
            return False
        self._locks[name] = -1 if exclusive else holders + 1
        return True
        # END SOLUTION

    def unlock(self, name: str) -> None:
        """Give one lock back."""
        # BEGIN SOLUTION type 2: unlock
        self._locks[name] = max(0, self._locks[name] - 1)
        # END SOLUTION


def failed(name: str, error: OSError) -> Refused:
    """Return what tells `disk` that the system could not do it."""
    return Refused(Reason.FAILED, f"{name}: {error.strerror}")


class Process:
    """The machine: a process of the host; see `vmlab.parts.vmm.Host`."""

    def __init__(self, ram: Ram, keyboard: PosixTerminal | WindowsTerminal | None) -> None:
        self._clock = Clock(HartState())
        options = Options(misaligned=True, illegal_tval=True)
        self._runner = GuestRunner(ram, self._clock, options, None)
        self._keyboard = keyboard
        self._typed: deque[int] = deque()

    # The processor, as the system lends it

    def run_guest(self, vmid: int, vcpu: HartState, budget: int, satp: int) -> Exit:
        """Enter a guest, unless something was typed."""
        if self._look(wait=False):
            self._clock.skip(1)
            return Exit(Irq.MEI, interrupt=True)
        exit = self._runner.run(vcpu, budget, satp=satp)
        self._clock.skip(1)
        return exit

    def fetch(self, address: int) -> int:
        """Return the bits of an instruction of the guest that ran last."""
        return self._runner.fetch(address)

    def fence(self) -> None:
        """Have the processor forget translations."""
        self._runner.fence()

    def time(self) -> int:
        """Return the clock: what guests have retired, exits, and what they have waited."""
        return self._clock.time

    # The terminal

    def _look(self, *, wait: bool) -> bool:
        """Take what was typed, and wait for it if asked to; tell whether there is any."""
        if self._keyboard is not None and not self._typed:
            typed = self._keyboard.read(wait=wait)
            if typed is None:
                self._keyboard = None
            elif CTRL_A in typed:
                raise KeyboardInterrupt
            else:
                self._typed.extend(typed)
        return bool(self._typed)

    def transmit(self, vmid: int, byte: int) -> None:
        """Write a byte to the terminal, at once."""
        # BEGIN SOLUTION type 2: transmit
        terminal = sys.stdout.buffer
        terminal.write(bytes([byte]))
        terminal.flush()
        # END SOLUTION

    def receive(self) -> tuple[int, int] | None:
        """Return a byte that was typed, and for which VM; None if there is none now."""
        # BEGIN SOLUTION type 2: receive
        return (VMID, self._typed.popleft()) if self._look(wait=False) else None
        # END SOLUTION

    def idle(self, until: int | None) -> bool:
        """Give the processor back to the system, till something is typed or `until`.

        The clock goes on to `until` at once, for nobody else needs the time. Return False if
        nothing will ever come: no timer, and no keyboard.
        """
        # BEGIN SOLUTION type 2: idle
        if self._look(wait=until is None):
            return True
        if until is None:
            return False
        self._clock.skip(max(0, until - self.time()))
        return True
        # END SOLUTION


def host_vm(program: Program, disk: Path | None, pages: int) -> int:
    """Run one VM till it ends; return the exit status for the shell.

    Args:
        program: Its kernel.
        disk: A raw image, which is there; or None.
        pages: Its RAM, in pages.
    """
    # 2 MiB and more beside the guest's pages: for shadow tables, and the whole is a power of two.
    ram = Ram(PAGE_SIZE << (pages + 512).bit_length())
    frames = range(RAM_BASE // PAGE_SIZE, (RAM_BASE + ram.size) // PAGE_SIZE)
    store = Folder(disk.parent if disk else Path())
    drive = None
    if disk is not None:
        drive = DiskConfig(disk.name, Format.RAW, quota=disk.stat().st_size)
    segments = [Segment(address, bytes(held)) for address, held in program.segments]
    config = VmConfig("guest", VMID, pages, segments, program.entry, drive)
    keyboard = terminal()
    host = Process(ram, keyboard)
    if keyboard is not None:
        keyboard.__enter__()
    try:
        # BEGIN SOLUTION type 2: the VMM
        vmm.start(ram.bytes, Resources(list(frames), QUANTUM, drive.quota if drive else 0))
        vmm.create(host, store, config)
        vmm.run(host, store, FOREVER)
        # END SOLUTION
        status = vmm.status(VMID)
        vmm.destroy(host, store, VMID)
    finally:
        store.close()
        if keyboard is not None:
            keyboard.__exit__(None, None, None)
    if status.state is State.OFF:
        return min(abs(status.code), 100)
    print(f"type2: {status.reason or 'the guest waits for what never comes'}", file=sys.stderr)
    return 1


def main() -> int:
    """Read the command line, and host a VM."""
    parser = argparse.ArgumentParser(description="Host a guest as a program among others.")
    parser.add_argument("guest", type=Path, help="assembly source, or an ELF file")
    parser.add_argument("--disk", type=Path, help="a raw image; writes go to the file")
    parser.add_argument("--pages", type=int, default=64, help="RAM, in pages of 4096 bytes")
    options = parser.parse_args()
    try:
        library = options.guest.parent
        kit = options.guest.suffix == ".S" and (library / "lib.S").exists()
        program = (
            build(options.guest, library, word=WORD, pages=options.pages)
            if kit
            else load_guest(options.guest)
        )
        return host_vm(program, options.disk, options.pages)
    except (Problem, OSError, VmRefused) as problem:
        print(f"type2: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
