"""The bench of a `disk` part: a folder of image files, disks in them, and drivers of the disks.

What a test learns is read from the store and from RAM: what reached which file, in which order, and
what stands in the guest's memory. Each disk has a flat model beside it, with which all that is read
is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vmlab.bench.disk_calls import Unexpected, guarded, shown
from vmlab.bench.disk_crash import Crash, crashes
from vmlab.bench.disk_images import judge, open_contents, open_snapshot
from vmlab.bench.disk_machine import boot
from vmlab.bench.disk_queue import Driver
from vmlab.bench.disk_store import Flushed, Said, SparseFile, Store, Wrote
from vmlab.block import SECTOR
from vmlab.diskmap.contents import Contents
from vmlab.diskmap.layout import BadImage
from vmlab.image import MOST, Format, NewImage, Reason
from vmlab.memory import Ram
from vmlab.parts.disk import Part
from vmlab.parts.traps import Part as Traps
from vmlab.testing import Mismatch

SHARED = 1 << 20
"""Bytes of RAM that bench and part share."""
LOOK = 1 << 18
"""Bytes that are read at once when all of a disk is looked at."""


def _first_difference(expected: bytes, got: bytes) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(expected, got, strict=False)) if one != other),
        min(len(expected), len(got)),
    )


def _shown(data: bytes) -> str:
    if not data:
        return "nothing"
    if len(set(data)) == 1:
        return f"{len(data)} bytes of {data[0]:#04x}"
    return f"{data[:12].hex(' ')}{' ...' if len(data) > 12 else ''}"


def _sectors_that_differ(before: bytes, got: bytes, written: Iterable[int]) -> list[int]:
    """Return the sectors that are not as before, and those that were written to."""
    if before == got:
        return sorted(written)
    differ = (
        at // SECTOR
        for at in range(0, len(before), SECTOR)
        if before[at : at + SECTOR] != got[at : at + SECTOR]
    )
    return sorted({*differ, *written})


class Drive:
    """A disk that the part has open, and what should be on it."""

    def __init__(self, bench: Bench, name: str, format: Format, number: int, model: SparseFile):
        self._bench = bench
        self._part = bench.part
        self._store = bench.store
        self.name = name
        self.format = format
        self.number = number
        self.model = model
        self.before = model.copy()
        """What the disk held when the bench was last marked."""
        self.kept: dict[str, SparseFile] = {}
        """What the disk held when each snapshot was taken."""
        self.kept_before: dict[str, SparseFile] = {}
        """Those of them that a loss of power must leave."""

    def read(self, offset: int, length: int) -> bytes:
        """Read, and raise Mismatch unless that is what the disk should hold."""
        got = self._part.read(self._store, self.number, offset, length)
        expected = self.model.read(offset, length)
        if got != expected:
            at = _first_difference(expected, got)
            raise Mismatch(
                f"{self.name}: read of {length} bytes at {offset:#x}",
                f"{_shown(expected[at : at + 64])} at {offset + at:#x}",
                f"{_shown(got[at : at + 64])}",
            )
        return got

    def write(self, offset: int, data: bytes) -> None:
        """Write."""
        self._store.log.append(Said(offset, data))
        self._part.write(self._store, self.number, offset, data)
        self.model.write(offset, data)

    def flush(self) -> None:
        """Flush."""
        self._part.flush(self._store, self.number)
        self._store.log.append(Said())

    def look(self) -> None:
        """Read all of the disk through the part, and compare."""
        for offset in range(0, self.model.size, LOOK):
            self.read(offset, min(LOOK, self.model.size - offset))

    def inspect(self, *, clean: bool = True) -> None:
        """Read all of the disk out of the file, without the part, and compare; and check the file.

        Raises Mismatch. With `clean` false, clusters may be lost, but nothing else.
        """
        self._bench.check_image(self.name, self.format, clean=clean)
        contents = open_contents(self._store.files, self.name, self.format)
        self._compare(contents, self.model.read, self.model.size, "")
        for name, kept in self.kept.items():
            found = open_snapshot(self._store.files, self.name, name)
            if found is None:
                raise Mismatch(f"{self.name}, as another program reads it", f"{name!r}", "none")
            self._compare(found, kept.read, kept.size, f" {name!r}")

    def reached_the_file(self) -> None:
        """Raise Mismatch unless the file holds what is read through the part; flush first."""
        size = self.model.size

        def read(offset: int, length: int) -> bytes:
            return self._part.read(self._store, self.number, offset, length)

        self.flush()
        self._compare(open_contents(self._store.files, self.name, self.format), read, size, "")

    def _compare(
        self, contents: Contents, right: Callable[[int, int], bytes], size: int, which: str
    ) -> None:
        for offset in range(0, size, LOOK):
            length = min(LOOK, size - offset)
            got, expected = contents.read(offset, length), right(offset, length)
            if got != expected:
                at = _first_difference(expected, got)
                raise Mismatch(
                    f"{self.name}{which}, as another program reads the file",
                    f"{_shown(expected[at : at + 64])} at {offset + at:#x} of the disk",
                    f"{_shown(got[at : at + 64])}",
                )

    def size_is(self, size: int) -> None:
        """Raise Mismatch unless the disk has so many bytes."""
        got = self._part.size(self._store, self.number)
        if got != size:
            raise Mismatch(f"{self.name}: the size of the disk", f"{size:,} bytes", f"{got:,}")

    def take(self, name: str) -> None:
        """Take a snapshot."""
        self._part.take_snapshot(self._store, self.number, name)
        self.kept[name] = self.model.copy()

    def apply(self, name: str) -> None:
        """Go back to a snapshot."""
        self._store.log.append(Said(0, self.kept[name].read(0, self.model.size)))
        self._part.apply_snapshot(self._store, self.number, name)
        self._store.log.append(Said())
        self.model = self.kept[name].copy()

    def delete(self, name: str) -> None:
        """Delete a snapshot."""
        self.kept_before.pop(name, None)
        self._part.delete_snapshot(self._store, self.number, name)
        del self.kept[name]

    def snapshots_are(self, *names: str) -> None:
        """Raise Mismatch unless the image has these snapshots, in this order."""
        found = self._part.snapshots(self._store, self.number)
        got = tuple(each.name for each in found)
        if got != names or len({each.id for each in found}) < len(found):
            ids = ", ".join(f"{each.name!r} (id {each.id!r})" for each in found)
            raise Mismatch(f"{self.name}: its snapshots", ", ".join(names) or "none", ids or "none")

    def close(self) -> None:
        """Close. Raise Mismatch if the file stays locked."""
        self._part.detach(self._store, self.number)
        self._bench.check_unlocked(self.name)

    def close_shared(self) -> None:
        """Close, while others have the file open."""
        self._part.detach(self._store, self.number)

    def refuses(self, reason: Reason, what: str, *arguments: Any) -> None:
        """Raise Mismatch unless a call is refused for a reason, and nothing has come of it."""
        function = getattr(self._part, what)
        said = ", ".join(shown(each) for each in arguments)
        self._bench.expect_refused(
            f"{self.name}: {what}({said})",
            lambda: function(self._store, self.number, *arguments),
            reason,
        )

    def driver(self, size: int = 8, **fields: Any) -> Driver:
        """Return a driver with a fresh queue, in the guest's RAM."""
        return Driver(self._bench, self, size, **fields)


class Bench:
    """Makes images and opens them with the part."""

    def __init__(self, part: Part, ram: Ram | None = None) -> None:
        self.part = guarded(part)
        self.ram = ram or Ram(SHARED)
        self.ram.bytes[:] = bytes(self.ram.size)
        self.store = Store()

    # Files

    def put(self, name: str, contents: bytes | SparseFile | Path) -> None:
        """Put a file into the folder; it is durable."""
        if isinstance(contents, Path):
            contents = SparseFile.load(contents)
        elif isinstance(contents, bytes):
            contents = SparseFile(contents)
        self.store.files[name] = contents
        self.store.mark()

    def create(self, name: str, size: int, format: str = "qcow2", **fields: Any) -> None:
        """Have the part make an image."""
        self.part.create(self.store, name, NewImage(Format(format), size, **fields))

    def open(
        self,
        name: str,
        format: str = "qcow2",
        *,
        holds: bytes | SparseFile = b"",
        size: int = 0,
        read_only: bool = False,
    ) -> Drive:
        """Open an image that holds this, and zeros up to the end of the disk."""
        number = self.part.attach(self.store, name, Format(format), read_only)
        self.check_locked(name, alone=not read_only)
        model = holds.copy() if isinstance(holds, SparseFile) else SparseFile(holds)
        model.resize(size or -(-model.size // 512) * 512)
        return Drive(self, name, Format(format), number, model)

    def fresh(self, size: int, name: str = "disk.qcow2", **fields: Any) -> Drive:
        """Have the part make an image, and open it."""
        self.create(name, size, **fields)
        drive = self.open(name, size=size)
        self.mark(drive)
        return drive

    def refuses_to_open(
        self, name: str, *reasons: Reason, format: str = "qcow2", read_only: bool = False
    ) -> None:
        """Raise Mismatch unless an image is refused for one of the reasons, and left as it was."""
        self.expect_refused(
            f"{name} is opened {'to be read' if read_only else 'to be written'}",
            lambda: self.part.attach(self.store, name, Format(format), read_only),
            *reasons,
        )

    def boots(self, drive: Drive, traps: Traps, source: Path, expected: str) -> None:
        """Boot a guest with this disk; see `vmlab.bench.disk_machine`."""
        boot(self.part, self.store, drive, traps, self.ram, source, expected)

    # What came of it

    def expect_refused(
        self, scenario: str, call: Callable[[], object], *reasons: Reason, rule: str = ""
    ) -> None:
        """Raise Mismatch unless a call is refused for one of the reasons, without a trace."""
        expected = "refused: " + " or ".join(reason.value for reason in reasons)
        start, locks = len(self.store.log), dict(self.store.locks)
        try:
            call()
        except Unexpected as refused:
            if refused.reason not in reasons:
                raise Mismatch(scenario, expected, refused.got, rule) from None
        else:
            raise Mismatch(scenario, expected, "not refused", rule)
        written = [event for event in self.store.log[start:] if not isinstance(event, Said)]
        if written:
            raise Mismatch(
                scenario, f"{expected}, and no file is written to", f"{written[0]}"[:200], rule
            )
        if self.store.locks != locks:
            raise Mismatch(
                scenario, f"{expected}, and locked is what was before", f"{self.store.locks}", rule
            )

    def expect_refused_but_closed(self, drive: Drive) -> None:
        """Close a disk while the store fails; raise Mismatch unless that is told, and unlocked."""
        scenario = f"{drive.name} is closed, and the store fails"
        try:
            self.part.detach(self.store, drive.number)
        except Unexpected as refused:
            if refused.reason is not Reason.FAILED:
                raise Mismatch(scenario, "refused: failed", refused.got) from None
        else:
            raise Mismatch(scenario, "refused: failed", "not refused")
        self.check_unlocked(drive.name)

    def check_unlocked(self, name: str) -> None:
        """Raise Mismatch if a file is still locked."""
        if name in self.store.locks:
            raise Mismatch(f"{name} is closed", "it is not locked any more", "it is")

    def check_locked(self, name: str, *, alone: bool = False) -> None:
        """Raise Mismatch unless a file is locked at the store, as others see it."""
        held = self.store.locks.get(name, 0)
        if held >= 0 if alone else not held:
            how = "exclusively" if alone else "with others at most"
            raise Mismatch(f"{name} is open", f"it is locked in the store, {how}", f"{held} locks")

    def check_durable(self, name: str) -> None:
        """Raise Mismatch unless all that reached a file has been flushed."""
        last = [e for e in self.store.log if isinstance(e, Wrote | Flushed) and e.name == name]
        if last and not isinstance(last[-1], Flushed):
            raise Mismatch(f"what was done with {name}", "it is flushed", "it is not")

    def check_untouched(self, name: str) -> None:
        """Raise Mismatch if a file was written to since it was put there."""
        for event in self.store.written_since(0, name):
            raise Mismatch(
                f"what was done with {name}",
                "it is never written to",
                f"{len(event.data)} bytes were written at {event.offset:#x}",
            )

    def check_image(self, name: str, format: Format = Format.QCOW2, *, clean: bool = True) -> None:
        """Raise Mismatch unless a file is as its format has it; see `disk_images.judge`."""
        if format is Format.RAW:
            return
        try:
            judge(self.store.files, name, clean=clean)
        except BadImage as problem:
            raise Mismatch(f"{name} is checked", "a qcow2 image", f"{problem}") from None

    def mark(self, *drives: Drive) -> None:
        """Take all that was done as durable; what comes now is what a loss of power can hit."""
        self.store.mark()
        for drive in drives:
            drive.before = drive.model.copy()
            drive.kept_before = dict(drive.kept)

    def survives(self, drive: Drive, most: int = 240, seed: int = 1) -> None:
        """Raise Mismatch if a loss of power since `mark` could have harmed the disk; D19.

        Each sector must hold what it did at the last flush, or what was written since; the image
        may have lost clusters, but nothing more.
        """
        for crash in crashes(self.store, most, seed):
            self._survives(drive, crash)

    def _survives(self, drive: Drive, crash: Crash) -> None:
        try:
            if drive.format is Format.QCOW2:
                judge(crash.files, drive.name, clean=False)
            contents = open_contents(crash.files, drive.name, drive.format)
        except (BadImage, Mismatch) as problem:
            said = problem.got if isinstance(problem, Mismatch) else str(problem)
            raise Mismatch(crash.scenario, f"{drive.name} is still a right image", said) from None
        before = drive.before.read(0, drive.before.size)
        got = contents.read(0, len(before))
        for number in _sectors_that_differ(before, got, crash.allowed):
            place = slice(number * SECTOR, (number + 1) * SECTOR)
            right = [
                before[place] if data is None else data
                for data in crash.allowed.get(number, (None,))
            ]
            if got[place] not in right:
                raise Mismatch(
                    f"{crash.scenario}: sector {number} of the disk",
                    " or ".join(dict.fromkeys(_shown(data) for data in right)),
                    _shown(got[place]),
                )
        for name, kept in drive.kept_before.items():
            found = open_snapshot(crash.files, drive.name, name)
            if found is None or found.read(0, kept.size) != kept.read(0, kept.size):
                said = "it is gone" if found is None else "something else"
                raise Mismatch(f"{crash.scenario}: snapshot {name!r}", "what it held", said)


__all__ = ["MOST", "SHARED", "Bench", "Drive"]
