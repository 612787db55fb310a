"""The folder in which a part's images lie: files in memory, with a log of all that reaches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vmlab.image import MOST, Reason, Refused
from vmlab.testing import Mismatch

PAGE = 4096
HOLE = bytes(PAGE)
SPACE = 256 << 20
"""Bytes that may be written between marks: they are kept here, and in the log."""
FOREIGN = frozenset("\\:\0")
"""Characters that lead elsewhere on some host, or nowhere."""
LARGEST = 1 << 62
"""Bytes of a file, as file systems have such a limit."""


class SparseFile:
    """Bytes of a file; pages that were never written take no memory."""

    def __init__(self, data: bytes = b"") -> None:
        self.size = 0
        self.pages: dict[int, bytes] = {}
        """By number; a page is never changed but replaced, so copies of a file share them."""
        self.write(0, data)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes, as many of them as there are."""
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        first, last = offset // PAGE, (end - 1) // PAGE
        start = offset - first * PAGE
        if first == last:
            return self.pages.get(first, HOLE)[start : start + end - offset]
        pages = [self.pages.get(number, HOLE) for number in range(first, last + 1)]
        return b"".join(pages)[start : start + end - offset]

    def write(self, offset: int, data: bytes) -> None:
        """Store bytes."""
        self.size = max(self.size, offset + len(data))
        done = 0
        while done < len(data):
            page, start = divmod(offset + done, PAGE)
            piece = data[done : done + PAGE - start]
            if len(piece) < PAGE:
                old = self.pages.get(page, HOLE)
                self.pages[page] = old[:start] + piece + old[start + len(piece) :]
            else:
                self.pages[page] = bytes(piece)
            done += len(piece)

    def resize(self, size: int) -> None:
        """Cut it, or make it longer by a hole."""
        last, start = divmod(size, PAGE)
        kept = last + bool(start)
        self.pages = {number: page for number, page in self.pages.items() if number < kept}
        if last in self.pages:
            self.pages[last] = self.pages[last][:start].ljust(PAGE, b"\0")
        self.size = size

    def copy(self) -> SparseFile:
        """Return another with the same bytes."""
        other = SparseFile()
        other.size = self.size
        other.pages = self.pages.copy()
        return other

    def save(self, path: Path) -> None:
        """Write it into the host's file system, holes as holes."""
        with path.open("wb") as file:
            for number, page in sorted(self.pages.items()):
                file.seek(number * PAGE)
                file.write(page)
            file.truncate(self.size)

    @classmethod
    def load(cls, path: Path) -> SparseFile:
        """Read a file of the host; pages of zeros take no memory."""
        made = cls()
        with path.open("rb") as file:
            number = 0
            while page := file.read(PAGE):
                if page.count(0) != len(page):
                    made.pages[number] = page.ljust(PAGE, b"\0")
                made.size += len(page)
                number += 1
        return made


@dataclass(frozen=True)
class Wrote:
    """Bytes have reached a file, though not yet for good."""

    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Flushed:
    """What was written to a file before is durable."""

    name: str


@dataclass(frozen=True)
class Resized:
    """A file has a length; that is durable at once."""

    name: str
    size: int


@dataclass(frozen=True)
class Said:
    """What the guest knows: a write of it has begun (data), or a flush has ended (None)."""

    offset: int = 0
    data: bytes | None = None


Event = Wrote | Flushed | Resized | Said


class Store:
    """The bench's side of `vmlab.parts.disk.Store`, with all that can go wrong with files."""

    def __init__(self) -> None:
        self.files: dict[str, SparseFile] = {}
        self.locks: dict[str, int] = {}
        """By name: how many have it together; -1 for one who has it alone."""
        self.log: list[Event] = []
        self.start: dict[str, SparseFile] = {}
        """The files as they were when the log began."""
        self.short = 0
        """If not 0: no read or write moves more bytes than this."""
        self.fail: str = ""
        """The method that fails: "read", "write", "flush" or "resize"."""
        self.fail_after = 0
        """Calls of that method that still succeed."""
        self.reads = self.writes = self.flushes = 0
        """Calls."""
        self.bytes_read = self.bytes_written = 0
        self.meanwhile: list[Callable[[], None]] = []
        """Functions, each called once, at the next call of `read` or `write`."""

    def size(self, name: str) -> int | None:
        """Return a file's length."""
        self._check(name)
        return self.files[name].size if name in self.files else None

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return bytes of a file."""
        self._happens("read")
        file = self._file(name)
        if length > MOST:
            raise Mismatch(
                f"store.read of {length:,} bytes", f"at most {MOST:,} at once", f"{length:,}"
            )
        self.reads += 1
        data = file.read(offset, min(length, self.short) if self.short else length)
        self.bytes_read += len(data)
        return data

    def write(self, name: str, offset: int, data: bytes) -> int:
        """Store bytes in a file."""
        self._happens("write")
        file = self._file(name)
        if not data:
            return 0
        if self.locks.get(name) != -1 and name in self.locks:
            raise Mismatch(
                f"store.write to {name}", "written only under an exclusive lock", "a shared lock"
            )
        if offset + len(data) > LARGEST:
            raise Refused(Reason.FAILED, f"{name}: file too large")
        if self.bytes_written + len(data) > SPACE:
            raise Refused(Reason.FAILED, f"{name}: no space left")
        piece = data[: self.short] if self.short else data
        file.write(offset, piece)
        self.log.append(Wrote(name, offset, piece))
        self.writes += 1
        self.bytes_written += len(piece)
        return len(piece)

    def flush(self, name: str) -> None:
        """Make a file durable."""
        self._happens("flush")
        self._file(name)
        self.flushes += 1
        self.log.append(Flushed(name))

    def resize(self, name: str, size: int) -> None:
        """Give a file a length."""
        self._happens("resize")
        self._check(name)
        if size > LARGEST:
            raise Refused(Reason.FAILED, f"{name}: file too large")
        self.files.setdefault(name, SparseFile()).resize(size)
        self.log.append(Resized(name, size))

    def lock(self, name: str, exclusive: bool) -> bool:
        """Lock a file if that is possible."""
        self._file(name)
        held = self.locks.get(name, 0)
        if held < 0 or (held and exclusive):
            return False
        self.locks[name] = -1 if exclusive else held + 1
        return True

    def unlock(self, name: str) -> None:
        """Give one lock back."""
        self._check(name)
        held = self.locks.pop(name, 0)
        if not held:
            raise Mismatch(f"store.unlock of {name}", "a file that is locked", "it is not")
        if held > 1:
            self.locks[name] = held - 1

    def _check(self, name: str) -> None:
        """Raise Mismatch for a name that leads out of the folder, or could on some host."""
        if name.startswith("/") or ".." in name.split("/") or FOREIGN & set(name):
            raise Mismatch(f"the store is asked for {name!r}", "a name in the folder", f"{name!r}")

    def _file(self, name: str) -> SparseFile:
        self._check(name)
        if name not in self.files:
            raise Refused(Reason.FAILED, f"{name}: no such file")
        return self.files[name]

    def _happens(self, what: str) -> None:
        if what in ("read", "write"):
            waiting, self.meanwhile = self.meanwhile, []
            for function in waiting:
                function()
        if self.fail == what:
            if not self.fail_after:
                raise Refused(Reason.FAILED, f"{what}: input/output error")
            self.fail_after -= 1

    def mark(self) -> None:
        """Begin the log anew, and the counts; all that is in the files now is durable."""
        self.log.clear()
        self.start = {name: file.copy() for name, file in self.files.items()}
        self.reads = self.writes = self.flushes = self.bytes_read = self.bytes_written = 0

    def allocated(self, name: str) -> int:
        """Return how many bytes of the host a file takes."""
        return len(self.files[name].pages) * PAGE

    def written_since(self, start: int, name: str) -> Iterator[Wrote]:
        """Return what reached a file since the log was so long."""
        return (e for e in self.log[start:] if isinstance(e, Wrote) and e.name == name)
