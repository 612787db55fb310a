"""Whatever a guest does, the machine ends in a defined state, and in the same one on each engine.

A scenario is made from a seed. VMLAB_FUZZ=N in the environment tries N times as many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from struct import pack

import pytest
from vmlab.asm import assemble
from vmlab.csrs import CSRS
from vmlab.hart import Mode
from vmlab.isa import INSTRUCTIONS, Kind
from vmlab.machine import Machine, Reason, Stop
from vmlab.mstatus import MPP_SHIFT
from vmlab.options import Options
from vmlab.trace import Trace
from vmlab.translator import blocks, engine

TIMES = int(os.environ.get("VMLAB_FUZZ", "1"))
BUDGET = 1000
RAM, MIB = 0x8000_0000, 1 << 20
CODE, HANDLERS, TABLES, DATA = RAM, RAM + 0x4000, RAM + 0x8000, RAM + 0x10000
CODE_SIZE = 0x400
DEVICES = [0x10_0000, 0x200_4000, 0x200_BFF8, 0xC00_0000, 0xC20_1004, 0x1000_0000, 0x1000_1050]
NOWHERE = [0, 0x1000, RAM - 4, RAM + MIB - 4, RAM + MIB, 1 << 38, 1 << 63]
RARE = [row for row in INSTRUCTIONS if row.kind in (Kind.FENCE, Kind.SYSTEM)]
COMMON = [row for row in INSTRUCTIONS if row not in RARE]
CSR_NUMBERS = sorted(CSRS)
POINTERS = range(8, 12)
"""Registers that hold addresses of data or code, and that most loads and stores use."""

ENTRY = f"""
    .equ CODE, {CODE}
_start:
    li    t0, -1                    # with PMP, let S-mode and U-mode use all of memory
    csrw  pmpaddr0, t0
    li    t0, 0x1f
    csrw  pmpcfg0, t0
    mret
    .align 6
"""
HANDLER = """
{m}handler:
    csrr  t6, {m}cause
    bgez  t6, 1f
    csrwi {m}ie, 0                  # an interrupt: only the timer may come again, and later
    {rearm}
    j     2f
1:
    csrr  t6, {m}epc                # an exception: go on behind it,
    addi  t6, t6, 4
    li    t5, CODE
    sub   t5, t6, t5
    srli  t5, t5, 10
    beqz  t5, 3f
2:
    csrr  t6, {m}scratch            # or anywhere in the code
    li    t5, 0x5DEECE66D
    mul   t6, t6, t5
    addi  t6, t6, 11
    csrw  {m}scratch, t6
    srli  t6, t6, 40
    andi  t6, t6, 0x3fe
    li    t5, CODE
    add   t6, t6, t5
3:
    csrw  {m}epc, t6
    {m}ret
    .align 6
"""
REARM = "li t5, 0x200bff8; ld t6, 0(t5); addi t6, t6, 97; li t5, 0x2004000; sd t6, 0(t5);"
REARM += "li t6, 1 << 7; csrw mie, t6"
SUPPORT = assemble(
    ENTRY + HANDLER.format(m="m", rearm=REARM) + HANDLER.format(m="s", rearm=""), origin=HANDLERS
)


def number(random: Random) -> int:
    """Return 64 bits of the kinds that matter: corners, random, sparse, or an address."""
    return random.choice(
        (
            random.choice((0, 1, 8, 0xFF, 1 << 31, 1 << 63, 2**64 - 1)),
            random.getrandbits(64),
            random.getrandbits(64) & random.getrandbits(64) & random.getrandbits(64),
            random.choice(DEVICES + NOWHERE),
            random.choice((CODE, HANDLERS, TABLES, DATA)) + random.randrange(0, 0x400, 2),
            8 << 60 | (TABLES >> 12) + random.randrange(-1, 4),
        )
    )


def instruction(random: Random) -> int:
    """Return a valid instruction; most go nowhere far, and find something at their address."""
    row = random.choice(RARE if random.random() < 0.04 else COMMON)
    fields = {}
    for name, field in row.fields.items():
        steps = (field.highest - field.lowest) // field.step
        fields[name] = field.lowest + field.step * random.randint(0, steps)
    if row.kind is Kind.BRANCH or row.name == "jal":
        fields["imm"] = random.randrange(-64, 128, random.choice((2, 4, 4, 4)))
    if row.width and random.random() < 0.9:
        fields["rs1"] = random.choice(POINTERS)
        if "imm" in fields:
            fields["imm"] = random.randrange(-64, 64) & -random.choice((1, row.width, row.width))
    if fields.get("rd") in POINTERS:
        fields["rd"] = random.choice((0, 5, 12, random.choice(POINTERS)))
    if "csr" in fields and random.random() < 0.9:
        fields["csr"] = random.choice(CSR_NUMBERS)
    return row.encode(**fields)


def code(random: Random) -> bytes:
    """Return instructions, and random words, many of which are two compressed instructions."""
    noise = random.choice((0.0, 0.1, 0.1, 1.0))
    words = (
        random.getrandbits(32) if random.random() < noise else instruction(random)
        for _ in range(CODE_SIZE // 4)
    )
    return b"".join(pack("<I", word) for word in words)


def pte(random: Random, level: int) -> int:
    """Return a PTE: random bits, a pointer to a table, or a leaf for RAM or a device."""
    if random.random() < 0.1:
        return random.getrandbits(64)
    flags = random.choice((0x01, 0xCF, 0xDF, 0xC7, 0xD7, 0xCB, 0x0F, random.getrandbits(10)))
    if flags == 0x01 and level:
        page = (TABLES >> 12) + random.randrange(-1, 4)
    elif level == 2:
        page = random.choice((0, RAM >> 12))
    else:
        page = random.choice((RAM >> 12, 0x10000, 0x2004)) + random.randrange(32)
    return page << 10 | flags


def tables(random: Random) -> bytes:
    """Return a page table of each level, dense enough that some walks end well."""
    entries = [pte(random, level) for level in (2, 1, 0) for _ in range(512)]
    if random.random() < 0.8:
        entries[2] = RAM >> 2 | random.choice((0xCF, 0xDF, 0x0F))  # all RAM onto itself
    return pack("<1536Q", *entries)


def machine_of(part, seed: int, chosen: str, trace: Trace) -> Machine:
    """Build a scenario: what is in RAM, in the registers, and due to happen."""
    random = Random(seed)
    options = Options(
        engine=chosen,  # type: ignore[arg-type]
        misaligned=random.random() < 0.3,
        svadu=random.random() < 0.3,
        pmp_entries=random.choice((0, 0, 16)),
    )
    machine = Machine(part, ram_mib=1, trace=trace, options=options)
    machine.load(SUPPORT)
    for address, contents in (
        (CODE, code(random)),
        (TABLES, tables(random)),
        (DATA, random.randbytes(0x1000)),
    ):
        machine.ram[address - RAM :][: len(contents)] = contents
    hart = machine.hart
    hart.x[1:] = [number(random) for _ in range(31)]
    for pointer in POINTERS:
        hart.x[pointer] = random.choice((DATA, DATA, CODE, CODE, TABLES, *DEVICES[:3])) + 0x40
    hart.mtvec, hart.stvec = SUPPORT.symbols["mhandler"], SUPPORT.symbols["shandler"]
    if random.random() < 0.2:
        hart.stvec = number(random) & ~2
    hart.medeleg, hart.mideleg = random.choice((0, 0xB1FF)), random.getrandbits(12) & 0x222
    hart.mie = random.getrandbits(12) & 0xAAA
    hart.mstatus ^= random.getrandbits(23) & 0x7E_01AA  # interrupts, MPRV, SUM, MXR, TVM, TW, TSR
    hart.mstatus |= random.choice((Mode.M, Mode.S, Mode.U)) << MPP_SHIFT
    hart.mepc = CODE if random.random() < 0.9 else number(random) & ~1
    if random.random() < 0.6:
        hart.satp = 8 << 60 | TABLES >> 12
    machine.uart.feed(random.randbytes(random.randrange(4)))
    machine.clint.write(0x4000, 8, random.choice((30, 300, 2**64 - 1)))
    return machine


def outcome(part, seed: int, chosen: str, slices: Callable[[], int]) -> dict[str, object]:
    """Run a scenario, so many instructions at a time; tell all that can be seen of it."""
    trace = Trace("traps", "walks", "devices")
    machine = machine_of(part, seed, chosen, trace)
    stop, left = Stop(Reason.BUDGET, 0, 0), BUDGET
    while stop.reason is Reason.BUDGET and left > 0:
        budget = min(left, slices())
        stop = machine.run(budget)
        left -= budget
    return {
        "stop": stop,
        "hart": machine.hart,
        "console": machine.uart.output,
        "trace": trace.records,
        "ram": bytes(machine.ram),
    }


@pytest.fixture(autouse=True)
def _soon_hot(monkeypatch):
    """Let little code be hot, so that short runs meet all of the translator."""
    monkeypatch.setattr(blocks, "HOT", 4)
    monkeypatch.setattr(engine, "WARM", 2)
    monkeypatch.setattr(engine, "GROW", 8)


@pytest.mark.parametrize("first", range(0, 60 * TIMES, 10))
def test_random_guests_end_the_same_on_each_engine(part, first):
    for seed in range(first, first + 10):
        expected = outcome(part, seed, "interpreter", lambda: BUDGET)
        assert outcome(part, seed, "translator", lambda: BUDGET) == expected, seed
        random = Random(seed)
        in_slices = outcome(part, seed, "translator", lambda: random.randint(1, 200))  # noqa: B023
        assert in_slices == expected, seed
