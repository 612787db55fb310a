"""The host of a pager: its RAM, the frames in it, and what the pager may ask of the VMM."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.guest import GuestRunner
from vmlab.memory import PAGE_SIZE, RAM_BASE, Ram
from vmlab.sv39 import PAGE_SHIFT, A, D, R, U, V, W, X
from vmlab.testing import Mismatch

FIRST_FRAME = RAM_BASE >> PAGE_SHIFT
FOREIGN_WORD = 0x5EC2_E75E_C2E7_5EC2
"""What the other VM's memory is full of."""
TRIES = 100
"""So many failed comparisons in one call, and the pager gets no further."""


class Frames:
    """All frames of the host: who has which.

    One VM's pages are strewn over RAM; so are the frames for shadow tables, which are handed out
    with garbage in them that looks like PTEs. What is nobody's else is the other VM's.
    """

    def __init__(self, ram: Ram, pages: int, tables: int) -> None:
        """Deal out all of RAM: so many pages to the guest, so many to shadow tables at most."""
        self.ram = ram
        count = ram.size // PAGE_SIZE
        order = [FIRST_FRAME + number * 181 % count for number in range(count)]
        self.guest: list[int | None] = list(order[:pages])
        """By page of the guest; None where it has none."""
        self.free = order[pages : pages + tables]
        """For shadow tables."""
        self.tables: set[int] = set()
        """Shadow tables."""
        self.foreign = order[pages + tables :]
        garbage = self.foreign[0] << 10 | V | R | W | X | U | A | D
        self._garbage = garbage.to_bytes(8, "little") * (PAGE_SIZE // 8)
        self._secret = FOREIGN_WORD.to_bytes(8, "little") * (PAGE_SIZE // 8)
        for frame in self.free:
            self.fill(frame, self._garbage)
        for frame in self.foreign:
            self.fill(frame, self._secret)

    def fill(self, frame: int, contents: bytes) -> None:
        """Fill a frame."""
        start = (frame - FIRST_FRAME) * PAGE_SIZE
        self.ram.bytes[start : start + PAGE_SIZE] = contents

    def take(self) -> int | None:
        """Return a frame for a shadow table."""
        if not self.free:
            return None
        frame = self.free.pop(0)
        self.tables.add(frame)
        return frame

    def give_back(self, frame: int) -> None:
        """Take a shadow table back, and fill it with garbage."""
        self.tables.remove(frame)
        self.free.append(frame)
        self.fill(frame, self._garbage)

    def lose(self, number: int) -> None:
        """Give the frame of a guest's page to the other VM."""
        frame = self.guest[number]
        assert frame is not None
        self.guest[number] = None
        self.foreign.append(frame)
        self.fill(frame, self._secret)

    def gain(self, number: int) -> int:
        """Give a frame of the other VM to a guest's page; return it."""
        frame = self.foreign.pop()
        self.guest[number] = frame
        return frame

    def owner(self, frame: int) -> str:
        """Say whose a frame is."""
        if frame in self.tables:
            return "a shadow table"
        if frame in self.guest:
            return f"page {self.guest.index(frame)} of this VM"
        if frame in self.foreign:
            return "another VM's"
        return "free, not allocated" if frame in self.free else "no RAM"

    def check_foreign(self) -> None:
        """Raise Mismatch if what is not this VM's has been written to."""
        for frame in self.foreign:
            start = (frame - FIRST_FRAME) * PAGE_SIZE
            if bytes(self.ram.bytes[start : start + PAGE_SIZE]) != self._secret:
                raise Mismatch(
                    "a look at the other VM's frames",
                    "all as they were",
                    f"frame {frame:#x} has been changed",
                )


class Host:
    """What a pager can ask for; see `vmlab.parts.shadow.Host`."""

    def __init__(self, frames: Frames, runner: GuestRunner, base: int) -> None:
        self._frames = frames
        self._runner = runner
        self._base = base
        self.race: Callable[[], None] | None = None
        """What another hart of the guest does just before the next comparison, once."""
        self.races = 0
        self.marks: list[tuple[int, int, int]] = []
        """Each successful `compare_and_set`: address, old, new."""
        self.refusals = 0

    def allocate(self) -> int | None:
        """Hand out a frame."""
        return self._frames.take()

    def free(self, frame: int) -> None:
        """Take a frame back."""
        if frame not in self._frames.tables:
            raise Mismatch(
                f"the pager frees frame {frame:#x}",
                "a frame that allocate returned, once",
                f"{self._frames.owner(frame)}",
            )
        self._frames.give_back(frame)

    def flush(self) -> None:
        """Have the MMU forget all."""
        self._runner.fence()

    def compare_and_set(self, address: int, old: int, new: int) -> bool:
        """Write 8 bytes of the guest's memory, if they are as the pager believes."""
        page, offset = divmod(address - self._base, PAGE_SIZE)
        frame = self._frames.guest[page] if 0 <= page < len(self._frames.guest) else None
        if frame is None or address % 8:
            raise Mismatch(
                f"compare_and_set at {address:#x}", "a PTE in the guest's RAM", "none is there"
            )
        if self.race is not None:
            race, self.race = self.race, None
            self.races += 1
            race()
        index = (frame - FIRST_FRAME) * PAGE_SIZE + offset
        if self._frames.ram.read(index, 8) != old:
            self.refusals += 1
            if self.refusals > TRIES:
                raise Mismatch(
                    f"compare_and_set at {address:#x}",
                    "the PTE is read again after a comparison failed",
                    f"the same old value, {old:#x}, again and again",
                )
            return False
        self.marks.append((address, old, new))
        self._frames.ram.write(index, 8, new)
        return True
