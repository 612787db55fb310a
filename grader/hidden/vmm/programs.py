"""Random guests: what one prints under a VMM is what it prints on the bare machine.

A program is a row of sections, each in M-mode, S-mode or U-mode, with or without tables of its own.
A section computes, loops, loads and stores, reads and writes CSRs, executes what its mode may not,
changes PTEs. Handlers in M-mode and in S-mode fold into a checksum where, why and when each trap
came. At the end of a section all registers are folded in, at the end of the program its memory.
These handlers, and all else that programs share, are in programs.S.

What it prints is left open by nothing but this: hardware sets the A and D bits, as under a VMM's
pager and on QEMU. There is no SC in it, and nothing misaligned.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

FRAME = Path(__file__).with_name("programs.S")
HERE = "x3"
"""Points into the data, as x4 counts loops; every other register is the program's."""
FREE = [f"x{number}" for number in range(1, 32) if number not in (3, 4)]
REGISTERS = "add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw mul mulh mulhsu"
REGISTERS += " mulhu div divu rem remu mulw divw divuw remw remuw"
IMMEDIATES = "addi slti sltiu xori ori andi addiw"
SHIFTS = {"slli": 63, "srli": 63, "srai": 63, "slliw": 31, "srliw": 31, "sraiw": 31}
LOADS = {"lb": 1, "lbu": 1, "lh": 2, "lhu": 2, "lw": 4, "lwu": 4, "ld": 8}
STORES = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}
AMOS = "amoadd amoswap amoand amoor amoxor amomin amomax amominu amomaxu"
SHORT = ["c.add {}, {}", "c.mv {}, {}"]
ILLEGAL = [0, 0xFFFF_FFFF, 0x0000_707F, 0x3020_0073, 0x1020_0073, 0x1050_0173, 0x7000_0073]
"""Among them `mret` and `sret`, which are illegal only where the section says so."""
VALUES = ["scause", "stval", "mcause", "mtval"]
"""CSRs that hold any number, and that no handler reads before a trap has written them."""
READABLE = ["mstatus", "sstatus", "misa", "mhartid", "mvendorid", "satp", "mie", "mip", "sie"]
READABLE += ["sip", "medeleg", "mideleg", "mtvec", "stvec", "mepc", "sepc", "mcounteren"]
READABLE += ["0x5c0", "0x200", "0xb01", "scounteren"]
COUNTERS = ["cycle", "time", "instret", "mcycle", "minstret"]
RIGHTS = [0xD7, 0x53, 0x93, 0x57, 0x17, 0x00, 0xD5, 0x59]
"""U and V RW AD; without W; without A; without D; without both; not valid; W only; X only."""
U_BIT = 0x10
HANDLED_BY_S = 0xB1AC
"""Exceptions that a section may delegate: all but ecalls of S-mode, and those of fetches."""


class Writer:
    """Writes one program."""

    def __init__(self, random: Random, exact: bool) -> None:
        """Begin; `exact`: with counters, timers and all else that QEMU has otherwise."""
        self._random = random
        self._exact = exact
        self._labels = 0
        self._mode = "M"

    def program(self, sections: int) -> str:
        """Return the source, to stand behind the guests' library."""
        random = self._random
        pages = [0xD7, 0xD7, random.choice(RIGHTS), random.choice(RIGHTS)]
        random.shuffle(pages)
        text = [f".equ EXACT, {int(self._exact)}", FRAME.read_text(encoding="utf-8")]
        both = [*pages, *(page & ~U_BIT for page in pages)]
        text += [f"rights: .byte {', '.join(f'{page:#x}' for page in both)}", ".balign 4"]
        text += ["begin:", "la t0, section0", "sd t0, next, t1"]
        for register in FREE:
            text.append(f"li {register}, {random.getrandbits(random.choice((6, 32, 64))):#x}")
        text.append("j keep")
        for number in range(sections):
            text += self._section(number)
        return "\n".join([*text, f"section{sections}:", "j end", ""])

    def _section(self, number: int) -> list[str]:
        """Return a section: from M-mode into its mode, and out again by its last ecall."""
        random, exact = self._random, self._exact
        self._mode = mode = random.choice("MSSUU")
        translated = mode == "U" or (mode == "S" and random.random() < 0.8)
        here = "data"
        if translated:
            here = "KERNEL_DATA" if mode == "S" and random.random() < 0.8 else "USER_DATA"
        delegated = random.getrandbits(16) & HANDLED_BY_S if mode != "M" else 0
        status = {"M": 3, "S": 1, "U": 0}[mode] << 11 | 1 << 7  # MPP, MPIE
        timer = random.randint(40, 600) if exact else 0
        text = [f"section{number}:", f"la t0, section{number + 1}", "la t1, next", "sd t0, 0(t1)"]
        text += [f"li t0, {delegated:#x}", "csrw medeleg, t0", "csrwi mideleg, 2"]
        text += [f"li t0, {0x82 if exact else 2}", "csrw mie, t0"]
        text += ["la t0, s_stack", "csrw sscratch, t0", "la t0, s_trap", "csrw stvec, t0"]
        if exact:
            text += [f"li t0, {random.randint(0, 7)}", "csrw mcounteren, t0"]
            text += [f"li t0, {timer}", f"li t1, {random.randint(1, 4)}", "call arm"]
        text.append("call translate" if translated else "csrw satp, zero")
        text += ["sfence.vma", "li t0, 3 << 11 | 1 << 7", "csrc mstatus, t0"]
        text += [f"li t0, {status:#x}", "csrs mstatus, t0", f"la t0, body{number}"]
        if mode == "U":
            text += ["li t1, RAM - WINDOW", "sub t0, t0, t1"]
        text += ["csrw mepc, t0", "call restore"]
        text += [f"{'li' if translated else 'la'} {HERE}, {here} + 6144"]
        text += ["ld t0, registers + 8 * 5", "mret", f"body{number}:"]
        for _ in range(random.randint(4, 8)):
            text += random.choice((self._straight, self._loop, self._branch, self._call))()
        return [*text, "li a7, MAGIC", "ecall"]

    # Pieces of code

    def _straight(self) -> list[str]:
        return [line for _ in range(self._random.randint(3, 12)) for line in self._step()]

    def _loop(self) -> list[str]:
        top = self._label()
        count = self._random.randint(2, 12)
        body = [f"{top}:", *self._straight(), "addi x4, x4, -1"]
        return [f"li x4, {count}", *body, f"bnez x4, {top}"]

    def _branch(self) -> list[str]:
        over = self._label()
        name = self._random.choice(["beq", "bne", "blt", "bge", "bltu", "bgeu"])
        one, other = self._register(), self._register()
        return [f"{name} {one}, {other}, {over}", *self._straight(), f"{over}:"]

    def _call(self) -> list[str]:
        function, behind = self._label(), self._label()
        body = self._pure()
        return [f"jal x1, {function}", f"j {behind}", f"{function}:", *body, "ret", f"{behind}:"]

    def _pure(self) -> list[str]:
        """Return what does not change x1."""
        lines = [line for _ in range(self._random.randint(2, 6)) for line in self._compute()]
        return [line for line in lines if " x1," not in line]

    def _label(self) -> str:
        self._labels += 1
        return f"label{self._labels}"

    def _register(self) -> str:
        return self._random.choice(FREE)

    def _step(self) -> list[str]:
        """Return one instruction, or few that belong together."""
        steps: list[tuple[int, Callable[[], list[str]]]] = [
            (40, self._compute),
            (12, self._load),
            (12, self._store),
            (6, self._read_csr),
            (4, self._write_csr),
            (3, self._refused),
            (2, self._interrupt),
        ]
        if self._exact or self._mode == "M":
            steps.append((6, self._atomic))
        if self._mode == "S":
            steps += [(3, self._rights), (2, self._flip), (2, self._return)]
        if self._mode == "M":
            steps += [(2, self._return), (2, self._device)]
            if self._exact:
                steps.append((1, self._nap))
        weights = [weight for weight, _ in steps]
        [(_, step)] = self._random.choices(steps, weights)
        return step()

    def _compute(self) -> list[str]:
        random, rd, rs = self._random, self._register(), self._register()
        match random.randrange(5):
            case 0:
                name = random.choice(IMMEDIATES.split())
                return [f"{name} {rd}, {rs}, {random.randint(-2048, 2047)}"]
            case 1:
                name = random.choice(list(SHIFTS))
                return [f"{name} {rd}, {rs}, {random.randint(0, SHIFTS[name])}"]
            case 2:
                return [f"{random.choice(('lui', 'auipc'))} {rd}, {random.getrandbits(20):#x}"]
            case 3:
                return [random.choice(SHORT).format(rd, rs)]
            case _:
                return [f"{random.choice(REGISTERS.split())} {rd}, {rs}, {self._register()}"]

    def _offset(self, width: int) -> int:
        return self._random.randrange(-2048, 2048, 8) + self._random.randrange(0, 8, width)

    def _load(self) -> list[str]:
        name = self._random.choice(list(LOADS))
        rd = self._random.choice([*FREE, "x0"])
        return [f"{name} {rd}, {self._offset(LOADS[name])}({HERE})"]

    def _store(self) -> list[str]:
        name = self._random.choice(list(STORES))
        return [f"{name} {self._register()}, {self._offset(STORES[name])}({HERE})"]

    def _atomic(self) -> list[str]:
        at, name = self._register(), self._random.choice(AMOS.split())
        width, letter = self._random.choice(((4, "w"), (8, "d")))
        return [
            f"addi {at}, {HERE}, {self._offset(width)}",
            f"{name}.{letter} {self._register()}, {self._register()}, ({at})",
        ]

    def _read_csr(self) -> list[str]:
        names = [*VALUES, *READABLE, *COUNTERS] if self._exact else VALUES
        return [f"csrr {self._register()}, {self._random.choice(names)}"]

    def _write_csr(self) -> list[str]:
        random, csr = self._random, self._random.choice(VALUES)
        name = random.choice(("csrrw", "csrrs", "csrrc"))
        rd = random.choice([self._register(), "x0"])
        if random.random() < 0.4:
            return [f"{name}i {rd}, {csr}, {random.randrange(32)}"]
        return [f"{name} {rd}, {csr}, {random.choice([self._register(), 'x0'])}"]

    def _refused(self) -> list[str]:
        allowed = {"M": (0x3020_0073, 0x1020_0073), "S": (0x1020_0073,), "U": ()}[self._mode]
        words = [f".word {word:#x}" for word in ILLEGAL if word not in allowed]
        if self._exact:
            words.append("ebreak")
        return [self._random.choice([*words, "ecall", "ecall", "csrw cycle, zero"])]

    def _interrupt(self) -> list[str]:
        """Raise or enable the supervisor's software interrupt."""
        return [self._random.choice(("csrsi sip, 2", "csrsi sstatus, 2", "csrci sstatus, 2"))]

    def _rights(self) -> list[str]:
        """Change SUM or MXR."""
        at, name = self._register(), self._random.choice(("csrs", "csrc"))
        return [f"li {at}, {1 << self._random.choice((18, 19)):#x}", f"{name} sstatus, {at}"]

    def _flip(self) -> list[str]:
        """Change a bit of a PTE of the data."""
        at, value = self._random.sample(FREE, 2)
        place = 8 * self._random.randrange(128, 136)
        bit = self._random.choice((1, 2, 4, 0x40, 0x80))
        fence = self._random.choice(("sfence.vma", f"sfence.vma {HERE}, zero; sfence.vma"))
        return [
            f"la {at}, leaves",
            f"ld {value}, {place}({at})",
            f"xori {value}, {value}, {bit}",
            f"sd {value}, {place}({at})",
            fence,
        ]

    def _return(self) -> list[str]:
        """Return from no trap, to the next instruction, in the same mode."""
        at, behind = self._register(), self._label()
        if self._mode == "M":
            mpp = [f"li {at}, 3 << 11", f"csrs mstatus, {at}"]
            return [*mpp, f"la {at}, {behind}", f"csrw mepc, {at}", "mret", f"{behind}:"]
        spp = [f"li {at}, 1 << 8", f"csrs sstatus, {at}"]
        return [*spp, f"la {at}, {behind}", f"csrw sepc, {at}", "sret", f"{behind}:"]

    def _device(self) -> list[str]:
        at = self._register()
        load = self._random.choice(("lb", "lbu"))
        return [
            f"li {at}, UART",
            f"sb {self._register()}, 7({at})",
            f"li {at}, UART + 8",
            f"{load} {self._random.choice([*FREE, 'x0'])}, -1({at})",
        ]

    def _nap(self) -> list[str]:
        """Wait for the timer."""
        at, value = self._random.sample(FREE, 2)
        return [
            f"li {at}, MTIME",
            f"ld {value}, 0({at})",
            f"addi {value}, {value}, {self._random.randint(20, 900)}",
            f"li {at}, MTIMECMP",
            f"sd {value}, 0({at})",
            "wfi",
        ]


def program(random: Random, *, sections: int = 8, exact: bool = True) -> str:
    """Write a program.

    Args:
        random: Where all choices come from.
        sections: How many sections.
        exact: With timers and counters, so that it tells times, and with all else in which QEMU
            does not keep to what our hart does; False for what any machine must print.
    """
    return Writer(random, exact).program(sections)
