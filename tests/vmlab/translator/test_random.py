"""Random programs on both engines: loops, calls, memory, faults; stopped anywhere."""

from __future__ import annotations

import random

import pytest
from vmlab.isa import BY_NAME, INSTRUCTIONS, Kind
from vmlab.machine import Machine
from vmlab.options import Options
from vmlab.program import Program

BASE = 0x8000_0000
CODE = BASE + 0x1000
DATA = BASE + 0x4000
LENGTH = 48
"""Instructions in a program."""
REGISTERS = [0, 1, 5, 6, 7, 10, 11, 12, 13]
"""What instructions work on; x8 and x9 point to data, x2 is the trap handler's."""
HANDLER = [
    # csrrw x2, mscratch, x2; csrr x2, mepc; addi x2, x2, 4; andi x2, x2, -4; csrw mepc, x2
    BY_NAME["csrrw"].encode(rd=2, csr=0x340, rs1=2),
    BY_NAME["csrrs"].encode(rd=2, csr=0x341, rs1=0),
    BY_NAME["addi"].encode(rd=2, rs1=2, imm=4),
    BY_NAME["andi"].encode(rd=2, rs1=2, imm=-4),
    BY_NAME["csrrw"].encode(rd=0, csr=0x341, rs1=2),
    BY_NAME["csrrw"].encode(rd=2, csr=0x340, rs1=2),
    BY_NAME["mret"].encode(),
]
"""Goes on behind the instruction that trapped."""
COMPUTE = [row for row in INSTRUCTIONS if row.kind is Kind.COMPUTE]
MEMORY = [row for row in INSTRUCTIONS if row.kind in (Kind.LOAD, Kind.STORE)]
ATOMIC = [row for row in INSTRUCTIONS if row.kind in (Kind.AMO, Kind.LR, Kind.SC)]
BRANCHES = [row for row in INSTRUCTIONS if row.kind is Kind.BRANCH]
INTERESTING = [
    0,
    1,
    2,
    7,
    63,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
    DATA,
    2**62,
]


def program(rng: random.Random) -> list[int]:
    words = []
    for index in range(LENGTH):
        rd, rs1, rs2 = (rng.choice(REGISTERS) for _ in range(3))
        choice = rng.random()
        if choice < 0.5:
            row = rng.choice(COMPUTE)
            values = {"rd": rd, "rs1": rs1, "rs2": rs2}
            for name, field in row.fields.items():
                if name in ("imm", "uimm"):
                    values[name] = rng.randrange(field.lowest, field.highest + 1, field.step)
            words.append(row.encode(**{n: v for n, v in values.items() if n in row.fields}))
        elif choice < 0.75:
            row = rng.choice(MEMORY)
            base = rng.choice([8, 8, 9, 9, 9, rs1])
            imm = rng.choice([-16, -8, 0, 8, 16, 24, rng.randrange(-2048, 2048)])
            values = {"rs1": base, "imm": imm, "rd": rd, "rs2": rs2}
            words.append(row.encode(**{n: v for n, v in values.items() if n in row.fields}))
        elif choice < 0.8:
            row = rng.choice(ATOMIC)
            values = {"rs1": rng.choice([8, 9]), "rd": rd, "rs2": rs2}
            words.append(row.encode(**{n: v for n, v in values.items() if n in row.fields}))
        elif choice < 0.93:
            target = rng.randrange(LENGTH) if rng.random() < 0.5 else min(index + 3, LENGTH - 1)
            row = rng.choice(BRANCHES)
            words.append(row.encode(rs1=rs1, rs2=rs2, imm=4 * (target - index)))
        elif choice < 0.97:
            target = rng.randrange(LENGTH)
            words.append(BY_NAME["jal"].encode(rd=rng.choice([0, 1]), imm=4 * (target - index)))
        elif choice < 0.99:
            words.append(BY_NAME["jalr"].encode(rd=rng.choice([0, 1, 5]), rs1=1, imm=0))
        else:
            words.append(rng.choice([BY_NAME["ecall"].encode(), 0, BY_NAME["fence.i"].encode()]))
    words.append(BY_NAME["jal"].encode(rd=1, imm=-4 * LENGTH))
    return words


def machine(part, engine: str, words: list[int], rng: random.Random) -> Machine:
    built = Machine(part, ram_mib=1, options=Options(engine=engine))
    text = b"".join(word.to_bytes(4, "little") for word in words)
    handler = b"".join(word.to_bytes(4, "little") for word in HANDLER)
    built.load(Program([(BASE, handler), (CODE, text)], CODE))
    hart = built.hart
    for number in REGISTERS[1:]:
        hart.x[number] = rng.choice(INTERESTING)
    hart.x[1] = CODE + 4 * rng.randrange(LENGTH)
    hart.x[8], hart.x[9] = DATA + rng.choice([0, 0xFF8]), DATA + 0x800
    hart.mtvec = BASE
    built.ram[0x4000:0x6000] = rng.randbytes(0x2000)
    return built


@pytest.mark.parametrize("seed", range(60))
def test_random_program(part, seed):
    rng = random.Random(seed)
    words = program(rng)
    states = [rng.getstate()]
    pair = []
    for engine in ("interpreter", "translator"):
        rng.setstate(states[0])
        pair.append(machine(part, engine, words, rng))
    first, second = pair
    done = 0
    while done < 3000:
        budget = rng.choice([1, 2, 3, 5, 11, 40, 200, 700])
        assert first.run(budget) == second.run(budget)
        assert not first.hart.changes(second.hart), f"after {done} + {budget}"
        done += budget
        if rng.random() < 0.2:  # let it not stay in a loop
            at = CODE + 4 * rng.randrange(LENGTH)
            value, register = rng.choice(INTERESTING), rng.choice(REGISTERS[1:])
            for built in pair:
                built.hart.pc = at
                built.hart.x[register] = value
    assert bytes(first.ram) == bytes(second.ram)
    assert second.engine.regions
