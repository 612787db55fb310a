"""Say in a few words what a scenario is and what a value means, for a failed test's message."""

from __future__ import annotations

from typing import Any

from vmlab import csrs, mstatus
from vmlab.csrs import CSRS
from vmlab.disasm import disassemble
from vmlab.hart import HartState, Mode
from vmlab.isa.registers import ABI_NAMES
from vmlab.mstatus import get_field
from vmlab.trap import ADDRESS_CAUSES, INTERRUPT_BIT, Act, Action, Exc, Exit, Irq, Trap

EXCEPTIONS = {
    Exc.INSTRUCTION_MISALIGNED: "instruction address misaligned",
    Exc.INSTRUCTION_ACCESS: "instruction access fault",
    Exc.ILLEGAL_INSTRUCTION: "illegal instruction",
    Exc.BREAKPOINT: "breakpoint",
    Exc.LOAD_MISALIGNED: "load address misaligned",
    Exc.LOAD_ACCESS: "load access fault",
    Exc.STORE_MISALIGNED: "store address misaligned",
    Exc.STORE_ACCESS: "store access fault",
    Exc.ECALL_U: "ecall from U-mode",
    Exc.ECALL_S: "ecall from S-mode",
    Exc.ECALL_M: "ecall from M-mode",
    Exc.INSTRUCTION_PAGE: "instruction page fault",
    Exc.LOAD_PAGE: "load page fault",
    Exc.STORE_PAGE: "store page fault",
}


def mode(value: int) -> str:
    """Return such as "S-mode"."""
    return f"{Mode(value).name}-mode" if value in tuple(Mode) else f"mode {value}"


def interrupt(code: int) -> str:
    """Return such as "interrupt 5 (STI)"."""
    return f"interrupt {code} ({Irq(code).name})" if code in tuple(Irq) else f"interrupt {code}"


def exception(code: int) -> str:
    """Return such as "exception 2 (illegal instruction)"."""
    return f"exception {code} ({EXCEPTIONS[Exc(code)]})" if code in EXCEPTIONS else f"code {code}"


def value(name: str, number: Any) -> str:
    """Return the value of a hart's field as people read it."""
    if name in ("mode", "MPP", "SPP"):
        return mode(number)
    if name in ("mcause", "scause"):
        if number & INTERRUPT_BIT:
            return f"{number:#x}, {interrupt(number & ~INTERRUPT_BIT)}"
        return f"{number:#x}, {exception(number)}"
    return str(int(number)) if name.isupper() or name == "seip" else f"{number:#x}"


def field(name: str) -> str:
    """Return a field's name; registers with their ABI name."""
    number = name[1:]
    return f"{name} ({ABI_NAMES[int(number)]})" if name[0] == "x" and number.isdecimal() else name


def fields(values: dict[str, Any]) -> str:
    """Return such as "mode = S-mode, MPIE = 1"."""
    return ", ".join(f"{field(name)} = {value(name, n)}" for name, n in values.items())


def status(hart: HartState, *names: str) -> str:
    """Return fields of `mstatus`, such as "MIE=0, SIE=1"."""
    found = []
    for name in names:
        number = get_field(hart.mstatus, getattr(mstatus, name))
        text = Mode(number).name if name in ("MPP", "SPP") and number != 2 else str(number)
        found.append(f"{name}={text}")
    return ", ".join(found)


def trap(hart: HartState, cause: Trap) -> str:
    """Describe a trap that is about to be taken, and what decides where to."""
    delegated = hart.mideleg if cause.interrupt else hart.medeleg
    name = interrupt(cause.cause) if cause.interrupt else exception(cause.cause)
    text = f"{mode(hart.mode)}, {status(hart, 'MIE', 'SIE')}, pc={hart.pc:#x}: {name}"
    if not cause.interrupt and cause.cause in ADDRESS_CAUSES:
        text += f" at {cause.address:#x}" + (f" + {cause.offset}" if cause.offset else "")
    if not cause.interrupt and cause.cause == Exc.ILLEGAL_INSTRUCTION:
        text += f" {cause.instruction:#x}"
    text += ", delegated" if delegated >> cause.cause & 1 else ", not delegated"
    return f"{text}; mtvec={hart.mtvec:#x}, stvec={hart.stvec:#x}"


def interrupts(hart: HartState) -> str:
    """Describe which interrupts are pending, and what decides whether one is taken."""
    pending = [_pending(hart, code) for code in Irq if csrs.pending(hart) >> code & 1]
    return (
        f"{mode(hart.mode)}, {status(hart, 'MIE', 'SIE')}; "
        f"{', '.join(pending) or 'nothing'}{'' if pending else ' pending'}"
    )


def _pending(hart: HartState, code: Irq) -> str:
    wire = " on the PLIC's wire" if code == Irq.SEI and not hart.mip >> code & 1 else ""
    delegated = bool(hart.mideleg >> code & 1)
    text = f"{code.name} {'delegated and ' if delegated else ''}pending{wire}"
    if not hart.mie >> code & 1:
        return f"{text} but disabled in mie"
    return text if delegated else f"{text} but not delegated"


def returning(hart: HartState, name: str) -> str:
    """Describe an xRET and the stack that it finds."""
    stack = ("MPP", "MPIE", "MIE") if name == "mret" else ("SPP", "SPIE", "SIE", "TSR")
    epc = "mepc" if name == "mret" else "sepc"
    return (
        f"{name} in {mode(hart.mode)}; {status(hart, *stack, 'MPRV')}, "
        f"{epc}={getattr(hart, epc):#x}"
    )


def csr(number: int) -> str:
    """Return such as "sstatus (0x100)"."""
    return f"{CSRS[number].name} ({number:#05x})" if number in CSRS else f"CSR {number:#05x}"


def csr_access(hart: HartState, number: int, write: bool) -> str:
    """Describe an access to a CSR and what may forbid it."""
    text = f"{'write' if write else 'read'} of {csr(number)} in {mode(hart.mode)}"
    if number == csrs.SATP:
        text += f"; {status(hart, 'TVM')}"
    if number == csrs.STIMECMP:
        text += f"; mcounteren={hart.mcounteren:#b}, menvcfg={hart.menvcfg:#x}"
    if 0xC00 <= number < 0xC20:
        text += f"; mcounteren={hart.mcounteren:#b}, scounteren={hart.scounteren:#b}"
    return text


def instruction(word: int) -> str:
    """Return such as "mret (0x30200073)"."""
    return f"{disassemble(word)} ({word:#010x})"


def guest_exit(vcpu: HartState, why: Exit, word: int | None) -> str:
    """Describe an exit of a guest; `word` is the instruction that trapped, if that matters."""
    text = f"guest in virtual {mode(vcpu.mode)} at {vcpu.pc:#x}: "
    if why.interrupt:
        text += f"host {interrupt(why.cause)}"
    elif why.cause != Exc.ILLEGAL_INSTRUCTION:
        text += f"{exception(why.cause)}, tval {why.tval:#x}"
    elif word is None:
        text += f"illegal instruction, tval {why.tval:#x}, that cannot be fetched"
    else:
        text += instruction(word) + ("" if why.tval else ", tval 0")
    if csrs.pending(vcpu):
        text += f"; {interrupts(vcpu).partition(', ')[2]}"
    return text


def action(answer: Action) -> str:
    """Return such as "RESUME" or "FENCE of address 0x1000, every address space"."""
    if answer.act != Act.FENCE:
        return answer.act.name
    where = "every address" if answer.address is None else f"address {answer.address:#x}"
    space = "every address space" if answer.asid is None else f"address space {answer.asid}"
    return f"FENCE of {where}, {space}"
