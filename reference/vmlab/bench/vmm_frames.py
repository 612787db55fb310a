"""The frames of a host that a VMM shares out, and a look at where its shadow tables lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmlab.guest import GuestRunner
from vmlab.memory import PAGE_SIZE, RAM_BASE, Ram
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, A, D, R, U, V, W, X
from vmlab.testing import Mismatch

FIRST_FRAME = RAM_BASE >> PAGE_SHIFT
ENTRIES = PAGE_SIZE // 8
FOREIGN_WORD = 0x5EC2_E75E_C2E7_5EC2
"""What the frames are full of that are not the VMM's."""


class Frames:
    """Frames of the VMM, strewn over RAM and full of what looks like PTEs, and the host's own."""

    def __init__(self, ram: Ram, count: int) -> None:
        """Deal out so many to the VMM. Raise ValueError if RAM does not have more."""
        total = ram.size // PAGE_SIZE
        if count >= total:
            raise ValueError(f"{count} frames of {total}: the host needs some itself")
        order = [FIRST_FRAME + number * 181 % total for number in range(total)]
        self.ours = order[:count]
        self.foreign = order[count:]
        self._ram = ram
        self._set = set(self.ours)
        self._owner: dict[int, int] = {}
        """Frames that a VM was seen to have, and which VM."""
        self.titles: dict[int, str] = {0: "a VM that was destroyed"}
        """What VMs are called where something is said of them, by vmid."""
        garbage = self.foreign[0] << 10 | V | R | W | X | U | A | D
        self._secret = FOREIGN_WORD.to_bytes(8, "little") * ENTRIES
        for frame in self.ours:
            self.fill(frame, garbage.to_bytes(8, "little") * ENTRIES)
        for frame in self.foreign:
            self.fill(frame, self._secret)

    def fill(self, frame: int, contents: bytes) -> None:
        """Fill a frame."""
        start = (frame - FIRST_FRAME) * PAGE_SIZE
        self._ram.bytes[start : start + PAGE_SIZE] = contents

    def title(self, vmid: int) -> str:
        """Return what a VM is called."""
        return self.titles.get(vmid, f"VM {vmid}")

    def are_ours(self, *frames: int) -> bool:
        """Tell whether all these are the VMM's."""
        return self._set.issuperset(frames)

    def look(self, vmid: int, root: int) -> None:
        """Raise Mismatch if a shadow leads out of the VMM's frames, or into another VM's."""
        self.claim(vmid, self._leaves(vmid, [root], 2))

    def claim(self, vmid: int, frames: Iterable[int]) -> None:
        """Note frames that a VM can reach. Raise Mismatch if they are not its own."""
        for frame in frames:
            owner = self._owner.setdefault(frame, vmid)
            if owner == vmid and frame in self._set:
                continue
            whose = f"{self.title(owner)}'s" if owner != vmid else "not the VMM's"
            raise Mismatch(
                f"the shadow tables of {self.title(vmid)}",
                "they lead to its own frames",
                f"one leads to frame {frame:#x}, which is {whose}",
            )

    def disown(self, vmid: int) -> None:
        """Forget what a VM had."""
        self._owner = {frame: owner for frame, owner in self._owner.items() if owner != vmid}

    def disown_all(self) -> None:
        """Forget what VMs had: frames may have changed hands."""
        self._owner.clear()

    def check_foreign(self) -> None:
        """Raise Mismatch if what is not the VMM's has been written to."""
        for frame in self.foreign:
            start = (frame - FIRST_FRAME) * PAGE_SIZE
            # Bytes are compared at once, memoryviews one by one.
            if self._ram.bytes[start : start + PAGE_SIZE].tobytes() != self._secret:
                raise Mismatch(
                    "a look at the frames that are not the VMM's",
                    "all as they were",
                    f"frame {frame:#x} has been changed",
                )

    def remembered(self, runner: GuestRunner) -> Iterator[tuple[int, set[int]]]:
        """Yield, by root, the frames that the MMU remembers."""
        for _, _, _, satp, *tables in runner.state()["tlb"]:
            found = {physical >> PAGE_SHIFT for pairs in tables for _, physical in pairs}
            if found:
                yield satp, found

    def _leaves(self, vmid: int, tables: list[int], level: int) -> set[int]:
        """Return the frames that tables of a level lead to."""
        below: set[int] = set()
        for frame in tables:
            if frame not in self._set:
                raise Mismatch(
                    f"the shadow tables of {self.title(vmid)}",
                    "they lie in frames of the VMM",
                    f"one is frame {frame:#x}",
                )
            first = (frame - FIRST_FRAME) * ENTRIES
            for pte in self._ram.unsigned[8][first : first + ENTRIES].tolist():
                if not pte & V:
                    continue
                if level and pte & (R | W | X):
                    scenario = f"the shadow tables of {self.title(vmid)}"
                    raise Mismatch(scenario, "no superpages", "one")
                below.add(pte >> 10 & PPN_MASK)
        return self._leaves(vmid, sorted(below), level - 1) if level else below
