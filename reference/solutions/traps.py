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
    # BEGIN SOLUTION T1: destination
    # norm:medeleg_mideleg_op2; norm:trap_never_trans_lower: what M-mode raises stays in M-mode.
    delegated = hart.mideleg if trap.interrupt else hart.medeleg
    if hart.mode != Mode.M and delegated >> trap.cause & 1:
        return S_LEVEL
    return M_LEVEL
    # END SOLUTION


def enter(hart: HartState, level: Level, trap: Trap) -> None:
    """Stack what the trap interrupts and change the mode to that of `level` (T2)."""
    # BEGIN SOLUTION T2: state on entry
    # norm:mstatus_xpie_xie_xpp_trap_op: xPIE = xIE, xIE = 0, xPP = the mode left behind.
    status = set_field(hart.mstatus, level.pie, get_field(hart.mstatus, level.ie))
    status = set_field(status, level.ie, 0)
    hart.mstatus = set_field(status, level.pp, hart.mode)
    # norm:mepc_op, norm:mcause_op, norm:mcause_intr_op and the same in norm:trap_del_S_mode_op.
    setattr(hart, level.epc, hart.pc)
    setattr(hart, level.cause, trap.cause | (INTERRUPT_BIT if trap.interrupt else 0))
    hart.mode = level.mode
    # END SOLUTION


DIRECT = 0
"""Value of the two low bits of `mtvec` and `stvec` (norm:mtvec_mode_enc); 1 is vectored."""


def handler_address(tvec: int, trap: Trap) -> int:
    """Return the address of the first instruction of the handler (T3)."""
    base = tvec & ~0b11
    if tvec & 0b11 == DIRECT:
        return base
    # BEGIN SOLUTION T3: vectored entry
    # norm:mtvec_mode_vectored_op: interrupts only.
    return base + 4 * trap.cause & MASK64 if trap.interrupt else base
    # END SOLUTION


def trap_value(hart: HartState, trap: Trap) -> int:
    """Return what `mtval` or `stval` says about `trap` (T6)."""
    if trap.interrupt or trap.cause in ECALLS.values():
        return 0  # norm:mtval_other_traps_zero
    if trap.cause == Exc.BREAKPOINT:
        return hart.pc  # norm:stval_op_breakpoint leaves a choice; the handout pins it
    # BEGIN SOLUTION T6: trap value
    if trap.cause == Exc.ILLEGAL_INSTRUCTION:
        return trap.instruction  # norm:mtval_instr_bits_lead-in
    if trap.cause in ADDRESS_CAUSES:
        # norm:mtval_vaddr_not_paddr; norm:mtval_vaddr_wr2: of the portion that failed.
        return trap.address + trap.offset & MASK64
    return 0
    # END SOLUTION


def take_trap(hart: HartState, trap: Trap) -> None:
    """Enter the handler of `trap`; `hart.pc` is the instruction that trapped, or comes next."""
    level = destination(hart, trap)
    setattr(hart, level.tval, trap_value(hart, trap))
    enter(hart, level, trap)
    hart.pc = handler_address(getattr(hart, level.tvec), trap)


def interruptible(hart: HartState, level: Level) -> bool:
    """Tell whether an interrupt that `level` handles may be taken in the current mode (T4)."""
    # BEGIN SOLUTION T4: interrupt choice
    # norm:mstatus_xie_intr_en_dis: xIE counts in mode x; below it enabled, above it disabled.
    if hart.mode == level.mode:
        return bool(hart.mstatus & level.ie)
    return hart.mode < level.mode
    # END SOLUTION


# BEGIN SOLUTION T5: interrupt priority
PRIORITY = (Irq.MEI, Irq.MSI, Irq.MTI, Irq.SEI, Irq.SSI, Irq.STI)
"""The most urgent first (norm:intr_M_mode_pri, norm:sip_sie_priority_bit_order)."""
# END SOLUTION


def most_urgent(interrupts: int) -> int | None:
    """Return the code of the interrupt to take first out of a set of bits, or None (T5)."""
    # BEGIN SOLUTION T5: interrupt priority
    return next((int(code) for code in PRIORITY if interrupts >> code & 1), None)
    # END SOLUTION


def choose_interrupt(hart: HartState) -> int | None:
    """Return the code of the interrupt that is taken before the next instruction, or None (T4)."""
    # BEGIN SOLUTION T4: interrupt choice
    # norm:intr_mip_mie_op for M-mode, norm:sie_sip_supervisor_strap for S-mode.
    ready = csrs.pending(hart) & hart.mie
    if not ready:
        return None  # as at nearly every exit
    for_m = ready & ~hart.mideleg if interruptible(hart, M_LEVEL) else 0
    for_s = ready & hart.mideleg if interruptible(hart, S_LEVEL) else 0
    return most_urgent(for_m or for_s)  # norm:intr_M_mode_highest_pri: the destination first
    # END SOLUTION


def wakes(hart: HartState) -> bool:
    """Tell whether a hart in `wfi` goes on now (T9)."""
    # BEGIN SOLUTION T9: wfi
    # norm:wfi_unaffected_conditions: neither MIE nor SIE nor mideleg counts, `mie` does.
    return csrs.pending(hart) & hart.mie != 0
    # END SOLUTION


# --- The hart: returning from a trap, and what a mode may do ---


# BEGIN SOLUTION T8: sret
def need_supervisor(hart: HartState, trapped_by: int, what: str) -> None:
    """Raise IllegalInstruction in U-mode, and in S-mode if `mstatus` has the bit `trapped_by`."""
    if hart.mode == Mode.U or (hart.mode == Mode.S and hart.mstatus & trapped_by):
        raise IllegalInstruction(f"{what} in {hart.mode.name}-mode")


# END SOLUTION
def leave(hart: HartState, level: Level) -> None:
    """Return from a handler of `level`: unstack mode and interrupt enable, go to epc (T7, T8)."""
    # BEGIN SOLUTION T7: return from a trap
    # norm:mstatus_xret_op, norm:xret_op
    hart.mode = Mode(get_field(hart.mstatus, level.pp))
    status = set_field(hart.mstatus, level.ie, get_field(hart.mstatus, level.pie))
    status = set_field(status, level.pie, 1)
    status = set_field(status, level.pp, Mode.U)
    if hart.mode != Mode.M:  # norm:mstatus_mprv_clr_mret_sret_less_priv
        status = set_field(status, MPRV, 0)
    hart.mstatus = status
    hart.pc = getattr(hart, level.epc)
    # END SOLUTION


def mret(hart: HartState) -> None:
    """Return from an M-mode handler (T7). Raise IllegalInstruction if not allowed here."""
    # BEGIN SOLUTION T7: mret
    if hart.mode != Mode.M:  # norm:xret_in_lower_mode
        raise IllegalInstruction("mret outside M-mode")
    leave(hart, M_LEVEL)
    # END SOLUTION


def sret(hart: HartState) -> None:
    """Return from an S-mode handler (T8). Raise IllegalInstruction if not allowed here."""
    # BEGIN SOLUTION T8: sret
    # norm:xret_in_lower_mode; norm:mstatus_tsr_op; norm:xret_in_higher_mode allows M.
    need_supervisor(hart, TSR, "sret")
    leave(hart, S_LEVEL)
    # END SOLUTION


def check_wfi(hart: HartState) -> None:
    """Raise IllegalInstruction if `wfi` is not allowed here (T9)."""
    # BEGIN SOLUTION T9: wfi
    # norm:mstatus_tw_umode_op with a time limit of 0, norm:mstatus_tw_always_illegal
    need_supervisor(hart, TW, "wfi")
    # END SOLUTION


def counter_hidden(hart: HartState, number: int) -> bool:
    """Tell whether CSR `number` is a counter, or `stimecmp`, that higher modes hide (T10)."""
    # BEGIN SOLUTION T10: counters
    # norm:mcounteren_clr_ill_inst_exc, norm:scounteren_op: each mode below M needs its bit.
    if number == csrs.STIMECMP and hart.mode != Mode.M:
        # norm:mcounteren_tm_clr, norm:menvcfg_stce_op2
        return not (hart.mcounteren & csrs.TM and hart.menvcfg & csrs.STCE)
    if not 0xC00 <= number < 0xC20 or hart.mode == Mode.M:
        return False
    shown = hart.mcounteren
    if hart.mode == Mode.U:
        shown &= hart.scounteren
    return not shown >> (number & 0x1F) & 1
    # END SOLUTION


def check_csr(hart: HartState, number: int, write: bool) -> None:
    """Raise IllegalInstruction if the CSR is absent or this access is not allowed here (T10)."""
    # BEGIN SOLUTION T10: CSR access
    if not csrs.exists(number):
        raise IllegalInstruction(f"no CSR {number:#05x}")
    if hart.mode < number >> 8 & 0b11:  # norm:Zicsr_access, norm:Zicsr_illegal_mode
        raise IllegalInstruction(f"CSR {number:#05x} in {hart.mode.name}-mode")
    if write and number >> 10 == 0b11:  # norm:Zicsr_rw, norm:Zicsr_illegal_acc
        raise IllegalInstruction(f"CSR {number:#05x} is read-only")
    if number == csrs.SATP:
        need_supervisor(hart, TVM, "satp")  # norm:mstatus_tvm_warl_op
    if counter_hidden(hart, number):
        raise IllegalInstruction(f"counter {number:#05x} in {hart.mode.name}-mode")
    # END SOLUTION


def access_mode(hart: HartState, fetch: bool) -> Mode:
    """Return the mode in which a fetch, or else a load or store, is translated (T11)."""
    # BEGIN SOLUTION T11: effective mode
    # norm:mstatus_mprv_ldst_op; norm:mstatus_mprv_inst_xlat_op: never fetches.
    if not fetch and hart.mstatus & MPRV:
        return Mode(get_field(hart.mstatus, MPP))
    return hart.mode
    # END SOLUTION


def check_sfence(hart: HartState) -> None:
    """Raise IllegalInstruction if `sfence.vma` is not allowed here (T12)."""
    # BEGIN SOLUTION T12: sfence.vma
    need_supervisor(hart, TVM, "sfence.vma")  # norm:mstatus_tvm_warl_op
    # END SOLUTION


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
        # BEGIN SOLUTION T20: virtual interrupts
        take_trap(vcpu, Trap(due, interrupt=True))
        # END SOLUTION
    return action


def reflect(vcpu: HartState, exit: Exit) -> Action:
    """Let the guest's own handler have an exception that is not the VMM's business (T14)."""
    # BEGIN SOLUTION T14: reflection
    # An ecall is the one exception that tells the mode: the guest must see its virtual one.
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    take_trap(vcpu, Trap(cause, address=exit.tval))
    return RESUME
    # END SOLUTION


def emulate(vcpu: HartState, exit: Exit, guest: Guest) -> Action:
    """Do what real U-mode refused as the guest's own privilege demands (T15, T17)."""
    # BEGIN SOLUTION T15: the trapped instruction; T17: virtual privilege
    bits = exit.tval
    try:
        bits = trapped_instruction(vcpu, exit, guest)
        return routine_for(bits)(vcpu, bits)
    except GuestFault as fault:  # the guest's own tables no longer let it be fetched
        trap = fault.trap
    except IllegalInstruction:  # it is nothing, or the virtual mode may not do it either
        trap = Trap(Exc.ILLEGAL_INSTRUCTION, instruction=bits)
    take_trap(vcpu, trap)
    return RESUME
    # END SOLUTION


def trapped_instruction(vcpu: HartState, exit: Exit, guest: Guest) -> int:
    """Return the bits of the instruction that trapped, 16 or 32 of them (T15)."""
    # BEGIN SOLUTION T15: the trapped instruction
    # A tval of 0 says nothing (norm:mtval_instr_bits_lead-in): then look in the guest's memory.
    bits = exit.tval or guest.fetch(vcpu.pc)
    return bits if bits & 0b11 == 0b11 else bits & 0xFFFF  # 16-bit encodings do not end in 11
    # END SOLUTION


def routine_for(bits: int) -> Routine:
    """Return what emulates an instruction. Raise IllegalInstruction if nothing does (T15)."""
    # BEGIN SOLUTION T15: the trapped instruction
    for mask, match, routine in ROUTINES:
        if bits & mask == match:
            return routine
    raise IllegalInstruction(f"{bits:#010x}")
    # END SOLUTION


def advance(vcpu: HartState) -> None:
    """Step over the instruction that was just emulated; all of them have 32 bits."""
    vcpu.pc = vcpu.pc + 4 & MASK64


def emulate_csr(vcpu: HartState, bits: int) -> Action:
    """CSRRW, CSRRS, CSRRC and their immediate forms (T16)."""
    number, rs1, funct3, rd = bits >> 20, bits >> 15 & 31, bits >> 12 & 7, bits >> 7 & 31
    # BEGIN SOLUTION T16: CSR instructions
    replaces, sets = funct3 & 0b11 == 1, funct3 & 0b11 == 2
    operand = rs1 if funct3 & 0b100 else vcpu.x[rs1]  # norm:csrrwi_csrrsi_csrrci_ops
    # norm:csrrs_csrrc_rs1_x0, norm:csrrsi_csrrci_uimm_zero: the field counts, not its value.
    writes = replaces or rs1 != 0
    check_csr(vcpu, number, writes)
    reads = rd != 0 or not replaces  # norm:csrrw_op
    old = csrs.read(vcpu, number) if reads else 0
    if writes:
        kept = csrs.stored(vcpu, number)  # norm:mip_seip_wrcsr
        new = operand if replaces else kept | operand if sets else kept & ~operand
        csrs.write(vcpu, number, new)
    if rd != 0:
        vcpu.x[rd] = old
    advance(vcpu)
    return RESUME
    # END SOLUTION


def emulate_mret(vcpu: HartState, bits: int) -> Action:
    """MRET (T18)."""
    # BEGIN SOLUTION T18: virtual returns
    mret(vcpu)
    return RESUME
    # END SOLUTION


def emulate_sret(vcpu: HartState, bits: int) -> Action:
    """SRET (T18)."""
    # BEGIN SOLUTION T18: virtual returns
    sret(vcpu)
    return RESUME
    # END SOLUTION


def emulate_sfence(vcpu: HartState, bits: int) -> Action:
    """SFENCE.VMA rs1, rs2 (T19)."""
    rs1, rs2 = bits >> 15 & 31, bits >> 20 & 31
    # BEGIN SOLUTION T19: virtual sfence.vma
    check_sfence(vcpu)
    # norm:sfence_vma_all_asid_va and its three sisters; norm:sfence_vma_rs2_bits
    address = vcpu.x[rs1] if rs1 else None
    asid = vcpu.x[rs2] & 0xFFFF if rs2 else None
    advance(vcpu)
    return Action(Act.FENCE, address, asid)
    # END SOLUTION


def emulate_wfi(vcpu: HartState, bits: int) -> Action:
    """WFI (T19)."""
    # BEGIN SOLUTION T19: virtual wfi
    check_wfi(vcpu)
    advance(vcpu)  # norm:wfi_mepc_val: the interrupt belongs to the next instruction
    return RESUME if wakes(vcpu) else WAIT
    # END SOLUTION


# BEGIN SOLUTION T15: the trapped instruction
ROUTINES: list[tuple[int, int, Routine]] = [
    *((0x0000_707F, funct3 << 12 | 0x73, emulate_csr) for funct3 in (2, 1, 3, 6, 7, 5)),
    (0xFFFF_FFFF, 0x3020_0073, emulate_mret),
    (0xFFFF_FFFF, 0x1020_0073, emulate_sret),
    (0xFFFF_FFFF, 0x1050_0073, emulate_wfi),
    (0xFE00_7FFF, 0x1200_0073, emulate_sfence),
]
"""(mask, match, routine): the mask holds every bit that the encoding fixes, or strangers match.
What traps most stands first."""
# END SOLUTION
