"""What came of one access of a guest, and the ways to compare it with what should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmlab.access import Access
from vmlab.bench import describe
from vmlab.memory import PAGE_SIZE
from vmlab.paging import Act, Answer
from vmlab.testing import Mismatch

if TYPE_CHECKING:
    from vmlab.bench.shadow_memory import GuestMemory


class Outcome:
    """One access; each method raises Mismatch if what it says is not so."""

    def __init__(self, vm: GuestMemory, scenario: str, kind: Access, address: int) -> None:
        self._vm = vm
        self.scenario = scenario
        self.kind = kind
        self.address = address
        self.answer: Answer | None = None
        """What refused it; None if it was done."""
        self.value = 0
        """What was loaded."""
        self.reached: int | None = None
        """Guest-physical address of its first byte; None if another VM's."""

    def done(self, value: int, physical: int | None) -> None:
        """Note that it was done, at a host-physical address."""
        self.value = value
        self.reached = None if physical is None else self._vm.guest_address(physical)

    def was_emulated(self, value: int, places: list[int]) -> None:
        """Note that the VMM has done it."""
        self.value, self.reached = value, places[0]

    def refused(self, answer: Answer) -> None:
        """Note that it will not be done."""
        self.answer = answer

    def got(self) -> str:
        """Say what happened."""
        if self.answer is not None:
            return said(self.answer)
        if self.reached is None:
            return "done, in memory that is not this VM's"
        return f"done, at guest-physical {self.reached:#x}"

    def _expect(self, right: bool, expected: str, rule: str) -> None:
        if not right:
            raise Mismatch(self.scenario, expected, self.got(), rule)

    def reaches(self, address: int, rule: str = "") -> Outcome:
        """It was done at this guest-physical address."""
        right = self.answer is None and self.reached == address
        self._expect(right, f"done, at guest-physical {address:#x}", rule)
        return self

    def reads(self, value: int, rule: str = "") -> Outcome:
        """It was done, and this came out."""
        if self.answer is not None or self.value != value:
            got = self.got() if self.answer else f"{self.value:#x}"
            raise Mismatch(self.scenario, f"{value:#x}", got, rule)
        return self

    def faults(self, rule: str = "", *, at: int | None = None, cause: int | None = None) -> None:
        """The guest gets a page fault of this kind at the address, or another cause or place."""
        cause = int(self.kind.page_fault) if cause is None else cause
        wanted = Answer(Act.REFLECT, self.address if at is None else at, cause)
        self._expect(self.answer == wanted, said(wanted), rule)

    def access_faults(self, rule: str = "") -> None:
        """The guest gets an access fault of this kind at the address."""
        self.faults(rule, cause=int(self.kind.access_fault))

    def is_device(self, address: int, rule: str = "") -> None:
        """It is left to the VMM, with this guest-physical address."""
        wanted = Answer(Act.DEVICE, address)
        right = (
            self.answer is not None
            and self.answer.act is Act.DEVICE
            and self.answer.address == address
        )
        self._expect(right, said(wanted), rule)

    def is_absent(self, page: int, rule: str = "") -> None:
        """It needs a guest page that has no frame."""
        answer = self.answer
        right = (
            answer is not None
            and answer.act is Act.ABSENT
            and answer.address & ~(PAGE_SIZE - 1) == page
        )
        self._expect(right, said(Answer(Act.ABSENT, page)), rule)


def said(answer: Answer) -> str:
    """Say what an answer to a fault means."""
    if answer.act is Act.REFLECT:
        return f"{describe.exception(answer.cause)} of the guest, stval {answer.address:#x}"
    names = {
        Act.DEVICE: "left to the VMM as a device",
        Act.ABSENT: "waits for a guest page without a frame",
    }
    return f"{names.get(answer.act, answer.act.name)}, guest-physical {answer.address:#x}"
