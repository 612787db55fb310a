"""A second right solution of `traps`, by another hand: nothing but if and else.

It is here to show that the tests judge what a part does, not how. So wherever the skeleton
proposes a way, or the architecture leaves a choice, this takes another one:

- There is no table of levels. M-mode and S-mode are two branches, with the bits of `mstatus` set
  one by one.
- Destination, level and kind of an interrupt are the parts of one sorting key.
- The VMM works on a copy of the virtual hart. A copy on which something was refused is thrown away,
  a good one is assigned back as a whole.
- Instructions are decoded by the table of `vmlab.isa`, which is imported when first needed.
- An instruction of the guest comes out either as an action or as a trap; both are values.
- Reserved modes of `mtvec` and `stvec` enter as direct, an interrupt's code goes out as an `Irq`,
  and a virtual fence fences more than the guest asked for: the page in all address spaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmlab import csrs, mstatus
from vmlab.hart import MASK64, HartState, Mode
from vmlab.parts.traps import Guest
from vmlab.trap import (
    ADDRESS_CAUSES,
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

if TYPE_CHECKING:
    from vmlab.isa import Decoded

VECTORED = 1
PAGE = 0xFFF


# --- Taking a trap ---


def take_trap(hart: HartState, trap: Trap) -> None:
    """Enter the handler of `trap` (T1, T2, T3, T6)."""
    cause = trap.cause | INTERRUPT_BIT if trap.interrupt else trap.cause
    value = trap_value(hart, trap)
    epc = hart.pc & csrs.EPC_MASK  # norm:mepc_align
    before = hart.mstatus
    if goes_to_s(hart, trap):
        hart.mstatus &= ~(mstatus.SIE | mstatus.SPIE | mstatus.SPP)
        if before & mstatus.SIE:
            hart.mstatus |= mstatus.SPIE
        if hart.mode == Mode.S:
            hart.mstatus |= mstatus.SPP
        hart.sepc, hart.scause, hart.stval = epc, cause, value
        hart.pc = entry(hart.stvec, trap)
        hart.mode = Mode.S
    else:
        hart.mstatus &= ~(mstatus.MIE | mstatus.MPIE | mstatus.MPP)
        if before & mstatus.MIE:
            hart.mstatus |= mstatus.MPIE
        hart.mstatus |= hart.mode << mstatus.MPP_SHIFT
        hart.mepc, hart.mcause, hart.mtval = epc, cause, value
        hart.pc = entry(hart.mtvec, trap)
        hart.mode = Mode.M


def goes_to_s(hart: HartState, trap: Trap) -> bool:
    """Tell whether S-mode handles `trap`: it is delegated, and M-mode did not raise it."""
    if hart.mode == Mode.M:
        return False  # norm:trap_never_trans_lower
    delegated = hart.mideleg if trap.interrupt else hart.medeleg
    return delegated >> trap.cause & 1 == 1


def entry(tvec: int, trap: Trap) -> int:
    """Return where the handler begins (norm:mtvec_mode_vectored_op)."""
    base = tvec >> 2 << 2
    if trap.interrupt and tvec & 3 == VECTORED:
        return base + 4 * trap.cause & MASK64
    return base


def trap_value(hart: HartState, trap: Trap) -> int:
    """Return what is written to `mtval` or `stval`."""
    if trap.interrupt:
        return 0
    if trap.cause == Exc.ILLEGAL_INSTRUCTION:
        return only_its_bits(trap.instruction)
    if trap.cause == Exc.BREAKPOINT:
        return hart.pc
    if trap.cause in ADDRESS_CAUSES:
        return trap.address + trap.offset & MASK64
    return 0


def only_its_bits(word: int) -> int:
    """Drop what was fetched behind an instruction of 16 bits (norm:mtval_instr_bits_list)."""
    return word if word & 3 == 3 else word & 0xFFFF


# --- Interrupts ---


def choose_interrupt(hart: HartState) -> Irq | None:
    """Return the interrupt that is taken before the next instruction, or None (T4, T5)."""
    ready = csrs.pending(hart) & hart.mie
    to_m = hart.mode != Mode.M or hart.mstatus & mstatus.MIE != 0
    to_s = hart.mode == Mode.U or (hart.mode == Mode.S and hart.mstatus & mstatus.SIE != 0)

    def urgency(code: Irq) -> tuple[int, int, int]:
        """The lower the sooner: destination; level; external, software, timer."""
        level, kind = code & 3, code >> 2  # MEI = 0b1011, SSI = 0b0001, ...
        return hart.mideleg >> code & 1, -level, (kind + 1) % 3

    open_ = [
        code for code in Irq if ready >> code & 1 and (to_s if hart.mideleg >> code & 1 else to_m)
    ]
    return sorted(open_, key=urgency)[0] if open_ else None


def wakes(hart: HartState) -> bool:
    """Tell whether a hart in `wfi` goes on now (T9)."""
    return csrs.pending(hart) & hart.mie != 0


# --- Returning from a trap ---


def mret(hart: HartState) -> None:
    """Return from an M-mode handler (T7)."""
    if hart.mode != Mode.M:
        raise IllegalInstruction("mret below M-mode")
    before = hart.mstatus
    hart.mode = Mode(before >> mstatus.MPP_SHIFT & 3)
    hart.mstatus = before & ~(mstatus.MIE | mstatus.MPP) | mstatus.MPIE
    if before & mstatus.MPIE:
        hart.mstatus |= mstatus.MIE
    if hart.mode != Mode.M:
        hart.mstatus &= ~mstatus.MPRV
    hart.pc = hart.mepc & csrs.EPC_MASK


def sret(hart: HartState) -> None:
    """Return from an S-mode handler (T8)."""
    if hart.mode == Mode.U:
        raise IllegalInstruction("sret in U-mode")
    if hart.mode == Mode.S and hart.mstatus & mstatus.TSR:
        raise IllegalInstruction("sret in S-mode with TSR = 1")
    before = hart.mstatus
    hart.mode = Mode.S if before & mstatus.SPP else Mode.U
    # Wherever it goes, it is not M-mode: norm:mstatus_xret_op clears MPRV.
    hart.mstatus = before & ~(mstatus.SIE | mstatus.SPP | mstatus.MPRV) | mstatus.SPIE
    if before & mstatus.SPIE:
        hart.mstatus |= mstatus.SIE
    hart.pc = hart.sepc & csrs.EPC_MASK


# --- What a mode may do ---


def check_wfi(hart: HartState) -> None:
    """Raise IllegalInstruction if `wfi` is not allowed here (T9)."""
    _check_supervisor(hart, "wfi", mstatus.TW)


def check_sfence(hart: HartState) -> None:
    """Raise IllegalInstruction if `sfence.vma` is not allowed here (T12)."""
    _check_supervisor(hart, "sfence.vma", mstatus.TVM)


def _check_supervisor(hart: HartState, what: str, trap_bit: int) -> None:
    if hart.mode == Mode.U:
        raise IllegalInstruction(f"{what} in U-mode")
    if hart.mode == Mode.S and hart.mstatus & trap_bit:
        raise IllegalInstruction(f"{what} in S-mode, which M-mode traps")


def check_csr(hart: HartState, number: int, write: bool) -> None:
    """Raise IllegalInstruction if the CSR is absent or this access is not allowed here (T10)."""
    if write and number >= 0xC00:
        raise IllegalInstruction(f"CSR {number:#05x} is read-only")
    if hart.mode < number >> 8 & 3:
        raise IllegalInstruction(f"CSR {number:#05x} is above {hart.mode.name}-mode")
    if not csrs.exists(number):
        raise IllegalInstruction(f"there is no CSR {number:#05x}")
    if number == csrs.SATP and hart.mode == Mode.S and hart.mstatus & mstatus.TVM:
        raise IllegalInstruction("satp in S-mode with TVM = 1")
    for_timer = 0 if hart.menvcfg >> 63 == 0 else hart.mcounteren & 0b10
    if number == csrs.NUMBERS["stimecmp"] and hart.mode != Mode.M and not for_timer:
        raise IllegalInstruction("stimecmp is M-mode's own, unless TM and STCE are 1")
    if 0xC00 <= number <= 0xC1F:
        shown = MASK64
        if hart.mode != Mode.M:
            shown &= hart.mcounteren
        if hart.mode == Mode.U:
            shown &= hart.scounteren
        if not shown >> number - 0xC00 & 1:
            raise IllegalInstruction(f"counter {number:#05x} is not shown to {hart.mode.name}-mode")


def access_mode(hart: HartState, fetch: bool) -> Mode:
    """Return the mode in which a fetch, or else a load or store, is translated (T11)."""
    if hart.mstatus & mstatus.MPRV and not fetch:
        return Mode(hart.mstatus >> mstatus.MPP_SHIFT & 3)
    return hart.mode


# --- The VMM ---


def handle_exit(vcpu: HartState, exit: Exit, guest: Guest) -> Action:
    """Handle a trap out of a deprivileged guest, whose virtual hart is `vcpu`."""
    twin = vcpu.copy()
    result: Action | Trap
    if exit.interrupt:
        result = Action(Act.RESUME)
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        result = attempt(twin, exit.tval, guest)
    else:
        result = guest_exception(twin, exit)

    if isinstance(result, Trap):
        twin = vcpu.copy()
        take_trap(twin, result)
        result = Action(Act.RESUME)
    # One is enough: it disables all that could come after it. And where one is due, `result` is
    # not to wait: what is due would have woken the hart.
    due = choose_interrupt(twin)
    if due is not None:
        take_trap(twin, Trap(due, interrupt=True))
    vcpu.assign(twin)
    return result


def guest_exception(hart: HartState, exit: Exit) -> Trap:
    """Return the exception as the guest's own hart raises it (T14)."""
    if exit.cause != Exc.ECALL_U:
        return Trap(exit.cause, address=exit.tval)
    if hart.mode == Mode.U:
        return Trap(Exc.ECALL_U)
    return Trap(Exc.ECALL_S if hart.mode == Mode.S else Exc.ECALL_M)


def attempt(hart: HartState, tval: int, guest: Guest) -> Action | Trap:
    """Execute what real U-mode refused; return the guest's trap if its own mode refuses, too."""
    word = tval
    if word == 0:  # hardware did not tell
        try:
            word = guest.fetch(hart.pc)
        except GuestFault as fault:
            return fault.trap
    word = only_its_bits(word)
    try:
        return execute(hart, word)
    except IllegalInstruction:
        return Trap(Exc.ILLEGAL_INSTRUCTION, instruction=word)


def execute(hart: HartState, word: int) -> Action:
    """Execute a privileged instruction on a virtual hart (T15 to T19)."""
    from vmlab.isa import Kind, decode

    decoded = decode(word)
    if decoded is None:
        raise IllegalInstruction("no instruction has these bits")
    name = decoded.instruction.name
    following = hart.pc + decoded.length & MASK64
    action = Action(Act.RESUME)
    if decoded.instruction.kind is Kind.CSR:
        access_csr(hart, decoded)
    elif name == "mret":
        mret(hart)
        following = hart.pc
    elif name == "sret":
        sret(hart)
        following = hart.pc
    elif name == "wfi":
        check_wfi(hart)
        if not wakes(hart):
            action = Action(Act.WAIT)
    elif name == "sfence.vma":
        check_sfence(hart)
        page = hart.x[decoded.rs1] & ~PAGE if decoded.rs1 else None
        action = Action(Act.FENCE, address=page)
    else:
        raise IllegalInstruction(f"{name} is not privileged")
    hart.pc = following
    return action


def access_csr(hart: HartState, decoded: Decoded) -> None:
    """Do one of the six CSR instructions (T16)."""
    from vmlab.isa import CsrForm

    form, number = decoded.instruction.form, decoded.csr
    operand = decoded.imm if decoded.instruction.name.endswith("i") else hart.x[decoded.rs1]
    # Of rs1 and imm, the one that the form lacks is 0. It is x0 itself that does not write,
    # not a register that holds 0 (norm:csrrs_csrrc_rs1_x0).
    writes = form is CsrForm.WRITE or decoded.rs1 != 0 or decoded.imm != 0
    check_csr(hart, number, writes)
    shown = csrs.read(hart, number)
    kept = csrs.stored(hart, number)  # without the wire of seip: norm:mip_seip_wrcsr
    if form is CsrForm.SET:
        operand |= kept
    elif form is CsrForm.CLEAR:
        operand = kept & ~operand
    if writes:
        csrs.write(hart, number, operand)
    if decoded.rd != 0:
        hart.x[decoded.rd] = shown
