"""Traps: what a hart does at a trap, and how a VMM gives its guest the same.

The first half is hardware: the machine calls it when the hart traps, returns, waits, or is about
to do what its mode may not allow. The second half is a virtual machine monitor (VMM): the guest's
kernel really runs in U-mode, and `handle_exit` does to its *virtual* hart what hardware would have
done. T2 is a clause of the handout, norm:mstatus_xret_op a rule of the privileged manual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vmlab import csrs
from vmlab.hart import MASK64, HartState, Mode
from vmlab.mstatus import MIE, MPIE, MPP, MPRV, SIE, SPIE, SPP, TSR, TVM, TW, get_field, set_field
from vmlab.parts.traps import Guest
from vmlab.trap import (
    ADDRESS_CAUSES,
    ECALLS,
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


class Level(NamedTuple):
    """What one handling mode uses for a trap: its bits of `mstatus` and the names of its CSRs."""

    mode: Mode
    ie: int  # xIE, a mask as the two below
    pie: int  # xPIE
    pp: int  # xPP, two bits for M and one for S
    epc: str
    cause: str
    tval: str
    tvec: str


M_LEVEL = Level(Mode.M, MIE, MPIE, MPP, "mepc", "mcause", "mtval", "mtvec")
S_LEVEL = Level(Mode.S, SIE, SPIE, SPP, "sepc", "scause", "stval", "stvec")


# --- The hart: taking a trap; choosing an interrupt ---


def destination(hart: HartState, trap: Trap) -> Level:
    """Return the level that handles `trap` (T1)."""
    raise NotImplementedError("T1: destination")


def enter(hart: HartState, level: Level, trap: Trap) -> None:
    """Stack what the trap interrupts and change the mode to that of `level` (T2)."""
    raise NotImplementedError("T2: state on entry")


DIRECT = 0
"""Value of the two low bits of `mtvec` and `stvec` (norm:mtvec_mode_enc); 1 is vectored."""


def handler_address(tvec: int, trap: Trap) -> int:
    """Return the address of the first instruction of the handler (T3)."""
    base = tvec & ~0b11
    if tvec & 0b11 == DIRECT:
        return base
    raise NotImplementedError("T3: vectored entry")


def trap_value(hart: HartState, trap: Trap) -> int:
    """Return what `mtval` or `stval` says about `trap` (T6)."""
    if trap.interrupt or trap.cause in ECALLS.values():
        return 0  # norm:mtval_other_traps_zero
    if trap.cause == Exc.BREAKPOINT:
        return hart.pc  # norm:stval_op_breakpoint leaves a choice; the handout pins it
    raise NotImplementedError("T6: trap value")


def take_trap(hart: HartState, trap: Trap) -> None:
    """Enter the handler of `trap`; `hart.pc` is the instruction that trapped, or comes next."""
    level = destination(hart, trap)
    setattr(hart, level.tval, trap_value(hart, trap))
    enter(hart, level, trap)
    hart.pc = handler_address(getattr(hart, level.tvec), trap)


def interruptible(hart: HartState, level: Level) -> bool:
    """Tell whether an interrupt that `level` handles may be taken in the current mode (T4)."""
    raise NotImplementedError("T4: interrupt choice")


def most_urgent(interrupts: int) -> int | None:
    """Return the code of the interrupt to take first out of a set of bits, or None (T5)."""
    raise NotImplementedError("T5: interrupt priority")


def choose_interrupt(hart: HartState) -> int | None:
    """Return the code of the interrupt that is taken before the next instruction, or None (T4)."""
    raise NotImplementedError("T4: interrupt choice")


def wakes(hart: HartState) -> bool:
    """Tell whether a hart in `wfi` goes on now (T9)."""
    raise NotImplementedError("T9: wfi")


# --- The hart: returning from a trap, and what a mode may do ---


def leave(hart: HartState, level: Level) -> None:
    """Return from a handler of `level`: unstack mode and interrupt enable, go to epc (T7, T8)."""
    raise NotImplementedError("T7: return from a trap")


def mret(hart: HartState) -> None:
    """Return from an M-mode handler (T7). Raise IllegalInstruction if not allowed here."""
    raise NotImplementedError("T7: mret")


def sret(hart: HartState) -> None:
    """Return from an S-mode handler (T8). Raise IllegalInstruction if not allowed here."""
    raise NotImplementedError("T8: sret")


def check_wfi(hart: HartState) -> None:
    """Raise IllegalInstruction if `wfi` is not allowed here (T9)."""
    raise NotImplementedError("T9: wfi")


def counter_hidden(hart: HartState, number: int) -> bool:
    """Tell whether CSR `number` is a counter, or `stimecmp`, that higher modes hide (T10)."""
    raise NotImplementedError("T10: counters")


def check_csr(hart: HartState, number: int, write: bool) -> None:
    """Raise IllegalInstruction if the CSR is absent or this access is not allowed here (T10)."""
    raise NotImplementedError("T10: CSR access")


def access_mode(hart: HartState, fetch: bool) -> Mode:
    """Return the mode in which a fetch, or else a load or store, is translated (T11)."""
    raise NotImplementedError("T11: effective mode")


def check_sfence(hart: HartState) -> None:
    """Raise IllegalInstruction if `sfence.vma` is not allowed here (T12)."""
    raise NotImplementedError("T12: sfence.vma")


# --- The VMM ---

RESUME, WAIT = Action(Act.RESUME), Action(Act.WAIT)
Routine = Callable[[HartState, int], Action]
"""Emulates one instruction on a virtual hart, given its bits. Raises IllegalInstruction, before
it changes anything, if the guest may not execute it."""


def handle_exit(vcpu: HartState, exit: Exit, guest: Guest) -> Action:
    """Handle a trap out of a deprivileged guest, whose virtual hart is `vcpu`."""
    if exit.interrupt:
        action = RESUME  # the host's own interrupt: it took the processor back, no more
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None:
        raise NotImplementedError("T20: virtual interrupts")
    return action


def reflect(vcpu: HartState, exit: Exit) -> Action:
    """Let the guest's own handler have an exception that is not the VMM's business (T14)."""
    raise NotImplementedError("T14: reflection")


def emulate(vcpu: HartState, exit: Exit, guest: Guest) -> Action:
    """Do what real U-mode refused as the guest's own privilege demands (T15, T17)."""
    raise NotImplementedError("T15: the trapped instruction; T17: virtual privilege")


def trapped_instruction(vcpu: HartState, exit: Exit, guest: Guest) -> int:
    """Return the bits of the instruction that trapped, 16 or 32 of them (T15)."""
    raise NotImplementedError("T15: the trapped instruction")


def routine_for(bits: int) -> Routine:
    """Return what emulates an instruction. Raise IllegalInstruction if nothing does (T15)."""
    raise NotImplementedError("T15: the trapped instruction")


def advance(vcpu: HartState) -> None:
    """Step over the instruction that was just emulated; all of them have 32 bits."""
    vcpu.pc = vcpu.pc + 4 & MASK64


def emulate_csr(vcpu: HartState, bits: int) -> Action:
    """CSRRW, CSRRS, CSRRC and their immediate forms (T16)."""
    number, rs1, funct3, rd = bits >> 20, bits >> 15 & 31, bits >> 12 & 7, bits >> 7 & 31
    raise NotImplementedError("T16: CSR instructions")


def emulate_mret(vcpu: HartState, bits: int) -> Action:
    """MRET (T18)."""
    raise NotImplementedError("T18: virtual returns")


def emulate_sret(vcpu: HartState, bits: int) -> Action:
    """SRET (T18)."""
    raise NotImplementedError("T18: virtual returns")


def emulate_sfence(vcpu: HartState, bits: int) -> Action:
    """SFENCE.VMA rs1, rs2 (T19)."""
    rs1, rs2 = bits >> 15 & 31, bits >> 20 & 31
    raise NotImplementedError("T19: virtual sfence.vma")


def emulate_wfi(vcpu: HartState, bits: int) -> Action:
    """WFI (T19)."""
    raise NotImplementedError("T19: virtual wfi")
