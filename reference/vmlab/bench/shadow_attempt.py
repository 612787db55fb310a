"""One access of a guest: made for real, again and again, until it is done or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from vmlab.access import Access
from vmlab.bench import describe, emulated
from vmlab.bench.shadow_access import Outcome
from vmlab.hart import HartState
from vmlab.memory import PAGE_SIZE
from vmlab.paging import Act
from vmlab.sv39 import SATP_SV39
from vmlab.testing import Mismatch
from vmlab.trap import Exc, Exit, GuestFault

if TYPE_CHECKING:
    from vmlab.bench.shadow_vm import Vm

MOST_ANSWERS = 8
"""So many faults one instruction may have before it is done."""
A0 = 10
WIDEST = 8
"""Bytes of the largest store."""
PAGE_FAULTS = {int(access.page_fault): access for access in Access}
ACCESS_FAULTS = {int(access.access_fault) for access in Access}


class Attempt:
    """The one instruction at `vcpu.pc`, and what comes of the access that it makes."""

    def __init__(self, vm: Vm, vcpu: HartState, outcome: Outcome) -> None:
        self._vm = vm
        self._vcpu = vcpu
        self._pc = vcpu.pc
        self._outcome = outcome

    def run(self) -> Outcome:
        """Enter the guest until the instruction is done, or its access is refused.

        Raises Mismatch if it is neither after MOST_ANSWERS faults.
        """
        vm, outcome = self._vm, self._outcome
        for _ in range(MOST_ANSWERS + 1):
            satp = SATP_SV39 << 60 | vm.root(outcome.scenario)
            exit = vm.runner.run(self._vcpu, 1, satp=satp)
            if not self._is_fault(exit):
                if outcome.kind is not Access.FETCH and not exit.interrupt:
                    self._mismatch("an access that is done", describe.exception(exit.cause))
                found = vm.runner.translate(outcome.address, outcome.kind)
                outcome.done(self._vcpu.x[A0], found)
                if outcome.kind is Access.STORE:
                    self._note_store(outcome.address)
                return outcome
            if self._answered(exit):
                return outcome
        cause = describe.exception(exit.cause)
        raise Mismatch(
            outcome.scenario,
            f"the guest gets further after at most {MOST_ANSWERS} faults",
            f"the same fault again and again: {cause} at {exit.tval:#x}",
        )

    def _note_store(self, target: int) -> None:
        """Have the bench know what the guest has stored, in as many pages as it lies in."""
        vm = self._vm
        for virtual, length in emulated.pages(target, WIDEST):
            found = vm.runner.translate(virtual, Access.STORE)
            place = None if found is None else vm.guest_address(found)
            if place is not None:
                vm.wrote_by_itself(place, length)

    def _mismatch(self, expected: str, got: str) -> NoReturn:
        raise Mismatch(self._outcome.scenario, expected, got)

    def _is_fault(self, exit: Exit) -> bool:
        """Tell whether the access, or the fetch of the instruction that makes it, was refused."""
        fetched = exit.cause in (Exc.INSTRUCTION_PAGE, Exc.INSTRUCTION_ACCESS)
        if exit.interrupt or (self._outcome.kind is Access.FETCH and not fetched):
            return False
        return exit.cause in PAGE_FAULTS or exit.cause in ACCESS_FAULTS

    def _answered(self, exit: Exit) -> bool:
        """Have the pager answer a real fault; return whether the access is over."""
        vm, outcome = self._vm, self._outcome
        cause, address = exit.cause, exit.tval
        if cause not in PAGE_FAULTS:
            self._mismatch(
                "a shadow whose tables and leaves lie in RAM",
                f"the real MMU answers with {describe.exception(cause)} at {address:#x}",
            )
        answer = vm.part.fault(vm.host, cause, address)
        if outcome.kind is Access.FETCH or PAGE_FAULTS[cause] is outcome.kind:
            vm.exits += 1
            vm.answers.append(answer.act)
        if answer.act is Act.RETRY:
            return False
        if answer.act is Act.EMULATE:
            if PAGE_FAULTS[cause] is not Access.STORE:
                self._mismatch("EMULATE for stores only", "EMULATE")
            return self._emulate(address, answer.address)
        outcome.refused(answer)
        return True

    def _emulate(self, fault: int, address: int) -> bool:
        """Carry a store out in guest memory; return whether the access is over.

        The byte at the virtual address `fault` is at the guest-physical `address`, says the pager.
        Where the store goes on in another page, it is asked about that one, too.
        """
        vm, vcpu, outcome = self._vm, self._vcpu, self._outcome
        try:
            store = emulated.store_at(vm.runner.fetch(vcpu.pc))
        except GuestFault:
            return False  # the code is no longer in the shadow: it may be again at the next try
        if store is None:
            self._mismatch("EMULATE for stores only", "EMULATE")
        places = []
        target = emulated.target(vcpu, store)
        for virtual, length in emulated.pages(target, store.instruction.width):
            if virtual <= fault < virtual + length:
                place: int | None = address - (fault - virtual)
            else:
                place = self._other_page(virtual)
            if place is None:
                return outcome.answer is not None
            if vm.physical(place) is None or (place ^ virtual) % PAGE_SIZE:
                wanted = "EMULATE with an address in the guest's RAM, that of the store"
                self._mismatch(wanted, f"guest-physical {place:#x} for {virtual:#x}")
            places.append((place, length))
        if emulated.carry_out(vcpu, store, places, vm.read, vm.put):
            for place, length in places:
                vm.part.written(vm.host, place, length)
        outcome.was_emulated(vcpu.x[A0], [place for place, _ in places])
        return True

    def _other_page(self, virtual: int) -> int | None:
        """Return where the rest of a store goes; None if it is refused, or must be tried again."""
        vm = self._vm
        found = vm.runner.translate(virtual, Access.STORE)
        if found is not None:
            place = vm.guest_address(found)
            if place is None:
                self._mismatch("a store in the guest's RAM", f"host-physical {found:#x}")
            return place
        answer = vm.part.fault(vm.host, Exc.STORE_PAGE, virtual)
        if answer.act is Act.EMULATE:
            return answer.address
        if answer.act is not Act.RETRY:
            self._outcome.refused(answer)
        return None
