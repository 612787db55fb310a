"""The bench of the `traps` part: one call at a time, or a whole system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vmlab.bench import describe, state, system
from vmlab.bench.guest import ScriptedGuest
from vmlab.bench.outcome import Outcome
from vmlab.csrs import NUMBERS
from vmlab.hart import HartState, Mode
from vmlab.parts.traps import Part
from vmlab.testing import Mismatch
from vmlab.trap import (
    INTERRUPT_BIT,
    Act,
    Action,
    Exc,
    Exit,
    GuestFault,
    IllegalInstruction,
    Irq,
    Trap,
)


@dataclass
class ExitOutcome(Outcome):
    """What `handle_exit` did with a virtual hart, and what it told the VMM to do next."""

    action: Action = field(default_factory=lambda: Action(Act.RESUME))
    fetched: list[int] = field(default_factory=list)
    """The addresses at which it read the guest's memory."""
    own_trap: Callable[[HartState, Trap], HartState] = lambda hart, trap: hart

    def acts(self, act: Act, rule: str = "") -> ExitOutcome:
        """The VMM is told to do this. Returns itself, to go on with what changed."""
        if self.action.act != act:
            raise Mismatch(self.scenario, act.name, describe.action(self.action), rule)
        return self

    def resumes(self, rule: str = "") -> ExitOutcome:
        """The VMM is told to enter the guest again."""
        return self.acts(Act.RESUME, rule)

    def waits(self, rule: str = "") -> ExitOutcome:
        """The VMM is told that the guest waits."""
        return self.acts(Act.WAIT, rule)

    def fences(self, address: int | None, asid: int | None, rule: str = "") -> ExitOutcome:
        """The VMM is told to fence at least this. More is legal, so it is allowed."""
        self.acts(Act.FENCE, rule)
        found = self.action
        narrow_address = found.address is not None and (
            address is None or found.address >> 12 != address >> 12
        )
        narrow_asid = found.asid is not None and found.asid != asid
        if narrow_address or narrow_asid:
            wanted = describe.action(Action(Act.FENCE, address, asid))
            raise Mismatch(self.scenario, wanted, describe.action(found), rule)
        return self

    def traps(
        self,
        trap: Trap,
        rule: str = "",
        after: HartState | None = None,
        act: Act = Act.RESUME,
    ) -> None:
        """The guest is in its own handler of `trap`, as the part's own `take_trap` enters it.

        It took the trap where it exited, or in the state `after` what was emulated first; what that
        asks of the VMM, `act`, is not forgotten over the trap.
        """
        before = after or self.before
        expected = self.own_trap(before, trap)
        cause = expected.mcause if expected.mode == Mode.M else expected.scause
        if expected == before or cause & ~INTERRUPT_BIT != trap.cause:
            raise Mismatch(
                self.scenario,
                f"take_trap enters a handler from {describe.trap(before, trap)}",
                f"take_trap leaves cause {cause:#x}",
                rule,
            )
        self.acts(act, rule).matches(expected, rule)


class Bench:
    """Calls a `traps` part in scenarios, and says what came out."""

    hart = staticmethod(state.hart)

    def __init__(self, part: Part) -> None:
        self.part = part

    def take_trap(self, hart: HartState, trap: Trap) -> Outcome:
        """Let the hart take `trap`."""
        return self._call(
            describe.trap(hart, trap), hart, lambda hart: self.part.take_trap(hart, trap)
        )

    def mret(self, hart: HartState) -> Outcome:
        """Execute `mret`."""
        return self._call(describe.returning(hart, "mret"), hart, self.part.mret)

    def sret(self, hart: HartState) -> Outcome:
        """Execute `sret`."""
        return self._call(describe.returning(hart, "sret"), hart, self.part.sret)

    def wfi(self, hart: HartState) -> Outcome:
        """Ask whether `wfi` is allowed."""
        scenario = f"wfi in {describe.mode(hart.mode)}; {describe.status(hart, 'TW')}"
        return self._call(scenario, hart, self.part.check_wfi)

    def sfence(self, hart: HartState) -> Outcome:
        """Ask whether `sfence.vma` is allowed."""
        scenario = f"sfence.vma in {describe.mode(hart.mode)}; {describe.status(hart, 'TVM')}"
        return self._call(scenario, hart, self.part.check_sfence)

    def csr(self, hart: HartState, csr: str | int, write: bool = False) -> Outcome:
        """Ask whether an access to a CSR is allowed."""
        number = NUMBERS[csr] if isinstance(csr, str) else csr
        return self._call(
            describe.csr_access(hart, number, write),
            hart,
            lambda hart: self.part.check_csr(hart, number, write),
        )

    def takes_interrupt(self, hart: HartState, expected: int | None, rule: str = "") -> None:
        """Before the next instruction, the hart takes this interrupt (or none)."""
        found = self.part.choose_interrupt(hart.copy())
        if found != expected:
            wanted, got = _taken(hart, expected), _taken(hart, found)
            raise Mismatch(describe.interrupts(hart), wanted, got, rule)

    def wakes(self, hart: HartState, expected: bool, rule: str = "") -> None:
        """A hart that waits in `wfi` goes on now, or does not."""
        found = self.part.wakes(hart.copy())
        if found is not expected:
            scenario = f"wfi in {describe.interrupts(hart)}"
            words = {True: "the hart goes on", False: "the hart waits"}
            raise Mismatch(scenario, words[expected], words.get(found, repr(found)), rule)

    def accesses_as(self, hart: HartState, fetch: bool, expected: Mode, rule: str = "") -> None:
        """A fetch, or else a load or store, is translated and checked in this mode."""
        found = self.part.access_mode(hart.copy(), fetch)
        if found != expected:
            scenario = (
                f"{'fetch' if fetch else 'load or store'} in {describe.mode(hart.mode)}; "
                f"{describe.status(hart, 'MPRV', 'MPP')}"
            )
            raise Mismatch(scenario, describe.mode(expected), describe.mode(found), rule)

    def exit(
        self,
        vcpu: HartState,
        why: Exit,
        word: int | None = None,
        faults: dict[int, Trap] | None = None,
    ) -> ExitOutcome:
        """Give the part an exit of a guest whose memory holds `word` at the vCPU's pc."""
        guest = ScriptedGuest({} if word is None else {vcpu.pc: word}, faults)
        scenario = describe.guest_exit(vcpu, why, word)
        after = vcpu.copy()
        try:
            action = self.part.handle_exit(after, why, guest)
        except (IllegalInstruction, GuestFault) as error:
            got = f"{type(error).__name__} out of handle_exit ({error})"
            raise Mismatch(scenario, "an action", got) from None
        return ExitOutcome(
            scenario, vcpu, after, action=action, fetched=guest.fetched, own_trap=self.own_trap
        )

    def executes(self, vcpu: HartState, word: int, tval: bool = True) -> ExitOutcome:
        """Let the guest try a privileged instruction; without `tval` hardware does not tell it."""
        bits = word if word & 0b11 == 0b11 else word & 0xFFFF
        return self.exit(vcpu, Exit(Exc.ILLEGAL_INSTRUCTION, tval=bits if tval else 0), word)

    def host_interrupt(self, vcpu: HartState, code: int = Irq.MTI) -> ExitOutcome:
        """Take the processor back from the guest, as the host's timer does."""
        return self.exit(vcpu, Exit(code, interrupt=True))

    def boots(self, source: Path, expected: str, budget: int = 15_000) -> None:
        """Boot a guest on a machine fitted with the part; see `vmlab.bench.system.boot`."""
        system.boot(self.part, source, expected, budget)

    def boots_as_guests(
        self, *guests: tuple[Path, str], exits: int = 2_000, tval: bool = True
    ) -> None:
        """Boot guests under the part's VMM; see `vmlab.bench.system.boot_guests`."""
        system.boot_guests(self.part, guests, exits, illegal_tval=tval)

    def own_trap(self, hart: HartState, trap: Trap) -> HartState:
        """Return what the part's own `take_trap` makes of a hart."""
        after = hart.copy()
        self.part.take_trap(after, trap)
        return after

    def _call(self, scenario: str, hart: HartState, function: Callable[..., Any]) -> Outcome:
        after = hart.copy()
        try:
            function(after)
        except IllegalInstruction as error:
            return Outcome(scenario, hart, after, refusal=str(error) or "no reason given")
        return Outcome(scenario, hart, after)


def _taken(hart: HartState, code: int | None) -> str:
    if code is None:
        return "no interrupt taken"
    where = Mode.S if hart.mideleg >> code & 1 else Mode.M
    return f"{describe.interrupt(code)} taken in {describe.mode(where)}"
