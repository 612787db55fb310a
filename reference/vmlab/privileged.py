"""CSR and privileged instructions: the machine's own hart, and a deprivileged guest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from . import csrs
from .clock import counter_written
from .hart import HartState
from .isa import CsrForm, Decoded, Kind
from .mmu import Mmu
from .parts import traps
from .pmp import CSRS as PMP_CSRS
from .pmp import Pmp
from .trap import IllegalInstruction

_N = csrs.NUMBERS
CHOICE = ("mstatus", "sstatus", "mie", "sie", "mip", "sip", "mideleg", "stimecmp", "menvcfg")
INTERRUPT_CSRS = {_N[n] for n in CHOICE}
"""A write to one of these can change which interrupt is taken (norm:intr_mip_mie_xret_csrwr), or
when the supervisor timer strikes."""
STATUS_CSRS = {_N["mstatus"], _N["sstatus"]}
MENVCFG = _N["menvcfg"]


class Privileged(Protocol):
    """How an engine executes CSR instructions, mret, sret, wfi and sfence.vma."""

    def execute(self, decoded: Decoded) -> int:
        """Execute, and return the next pc; raise IllegalInstruction if it is not allowed here."""
        ...

    def allows(self, decoded: Decoded) -> bool:
        """Tell whether a CSR instruction is allowed here, and does what the CSR alone says."""
        ...


def writes_csr(decoded: Decoded) -> bool:
    """Tell whether a CSR instruction writes.

    CSRRS and CSRRC do unless rs1 is x0, whatever its value (norm:csrrs_csrrc_rs1_x0), or the
    immediate is 0 (norm:csrrsi_csrrci_uimm_zero).
    """
    row = decoded.instruction
    return row.form is CsrForm.WRITE or (decoded.imm if "imm" in row.needs else decoded.rs1) != 0


class Deprivileged:
    """The rules of real U-mode for a guest: none is allowed.

    The host leaves `mcounteren` and `scounteren` at 0, so no counter can be read either.
    """

    def execute(self, decoded: Decoded) -> int:
        """Raise IllegalInstruction."""
        raise IllegalInstruction(decoded.instruction.name)

    def allows(self, decoded: Decoded) -> bool:
        """Tell that it is not."""
        return False


class PrivilegedByPart:
    """The machine's own hart. What is allowed, and what a return does, the `traps` part says."""

    def __init__(
        self,
        hart: HartState,
        part: traps.Part,
        mmu: Mmu,
        alert: Callable[[], None],
        wait: Callable[[], None],
        settle: Callable[[], None],
        pmp: Pmp | None = None,
        svadu: bool = False,
    ) -> None:
        """Build it.

        Args:
            hart: The hart.
            part: Anything with the functions of the `traps` part.
            mmu: Its address translation.
            alert: Called when the choice of interrupt must be asked for again.
            wait: Called when the hart begins to wait, in `wfi`.
            settle: Called after the part has changed the hart.
            pmp: The physical memory protection; without it, its CSRs read 0.
            svadu: Whether `menvcfg` has the field ADUE.
        """
        self._hart = hart
        self._part = part
        self._mmu = mmu
        self._alert = alert
        self._wait = wait
        self._settle = settle
        self._pmp = pmp
        self._svadu = svadu

    def execute(self, decoded: Decoded) -> int:
        """Execute, and return the next pc; raise IllegalInstruction if it is not allowed here."""
        hart = self._hart
        following = hart.pc + decoded.length
        if decoded.instruction.kind is Kind.CSR:
            self._csr(decoded)
            return following
        match decoded.instruction.name:
            case "mret":
                self._part.mret(hart)
                self._settle()
                return hart.pc
            case "sret":
                self._part.sret(hart)
                self._settle()
                return hart.pc
            case "sfence.vma":
                self._part.check_sfence(hart)
                # "It is always legal to over-fence": address and ASID are ignored.
                self._mmu.forget()
            case "wfi":
                self._part.check_wfi(hart)
                self._wait()
        return following

    def allows(self, decoded: Decoded) -> bool:
        """Ask the part."""
        try:
            self._part.check_csr(self._hart, decoded.csr, writes_csr(decoded))
        except IllegalInstruction:
            return False
        return True

    def _csr(self, decoded: Decoded) -> None:
        """Read, then write, as the form of the instruction says (norm:csrrw_op and following)."""
        hart, number, row = self._hart, decoded.csr, decoded.instruction
        assert row.meaning is not None
        writes = writes_csr(decoded)
        reads = row.form is not CsrForm.WRITE or decoded.rd != 0
        operand = decoded.imm if "imm" in row.needs else hart.x[decoded.rs1]

        self._part.check_csr(hart, number, writes)
        if self._pmp is not None and number in PMP_CSRS:
            self._protect(self._pmp, decoded, operand, writes)
            return
        value = csrs.read(hart, number) if reads else 0
        if writes:
            old = csrs.stored(hart, number) if row.form is not CsrForm.WRITE else 0
            new, status = row.meaning(old, operand), hart.mstatus
            csrs.write(hart, number, new)
            if number == MENVCFG and self._svadu:
                hart.menvcfg |= new & csrs.ADUE
            # Kernels often write the status that they have, and nothing follows from that.
            if number not in STATUS_CSRS or hart.mstatus != status:
                self._written(number)
        if decoded.rd:
            hart.x[decoded.rd] = value

    def _protect(self, pmp: Pmp, decoded: Decoded, operand: int, writes: bool) -> None:
        """Read and write a CSR of the physical memory protection."""
        value = pmp.read(decoded.csr)
        if writes:
            assert decoded.instruction.meaning is not None
            pmp.write(decoded.csr, decoded.instruction.meaning(value, operand))
            # Software has to fence (norm:pmp_sfence_required); this hart does not wait for that.
            self._mmu.forget_all()
        if decoded.rd:
            self._hart.x[decoded.rd] = value

    def _written(self, number: int) -> None:
        hart = self._hart
        if number in STATUS_CSRS:
            self._mmu.refresh()
        if number in INTERRUPT_CSRS:
            self._alert()
        if number == csrs.SATP:
            self._mmu.forget()
            self._mmu.refresh()
        counter_written(hart, number)
