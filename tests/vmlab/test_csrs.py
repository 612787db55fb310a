"""The CSR file: what each number keeps of what is written to it."""

from __future__ import annotations

import pytest
from vmlab import csrs
from vmlab.csrs import CSRS, NUMBERS
from vmlab.hart import MASK64, HartState
from vmlab.mstatus import MPP, SSTATUS, WRITABLE
from vmlab.trap import IllegalInstruction

KEPT = {
    "sscratch": MASK64,
    "mscratch": MASK64,
    "sepc": MASK64 - 1,
    "mepc": MASK64 - 1,
    "scause": MASK64,
    "mcause": MASK64,
    "stval": MASK64,
    "mtval": MASK64,
    "stvec": 0,  # modes 2 and 3 are reserved: the write is ignored
    "mtvec": 0,
    "scounteren": 7,
    "mcounteren": 7,
    "senvcfg": 1,
    "menvcfg": 1 << 63 | 1,
    "medeleg": 0xB3FF,
    "mideleg": 0x222,
    "mie": 0xAAA,
    "mip": 0x222,
    "sie": 0,  # nothing is delegated
    "sip": 0,
    "satp": 0,  # there is no mode 15
    "mstatus": 0xA_0000_0000 | WRITABLE,
    "sstatus": 0x2_0000_0000 | WRITABLE & SSTATUS,
    "misa": 2 << 62 | 1 << 0 | 1 << 2 | 1 << 8 | 1 << 12 | 1 << 18 | 1 << 20,
    "mcycle": MASK64,
    "minstret": MASK64,
    "mhartid": 0,
    "mcountinhibit": 5,
    "stimecmp": MASK64,
    "tselect": 0,
    "tdata1": 0,
    "tinfo": 1,
    "pmpcfg0": 0,
    "pmpaddr63": 0,
    "mhpmcounter31": 0,
    "mhpmevent3": 0,
}


@pytest.mark.parametrize(("name", "kept"), KEPT.items())
def test_ones_written(name, kept):
    hart = HartState()
    csrs.write(hart, NUMBERS[name], MASK64)
    assert csrs.read(hart, NUMBERS[name]) == kept


CONSTANT = {"misa", "mstatus", "sstatus", "stimecmp", "tinfo"}


def test_every_csr_reads_zero_or_its_constant_after_reset():
    hart = HartState()
    values = {csr.name: csr.read(hart) for csr in CSRS.values()}
    assert {name for name, value in values.items() if value} == CONSTANT


def test_numbers_and_names():
    assert len(NUMBERS) == len(CSRS)
    expected = {"sstatus": 0x100, "satp": 0x180, "mstatus": 0x300, "mip": 0x344, "time": 0xC01}
    expected |= {"mhartid": 0xF14, "pmpaddr0": 0x3B0, "mhpmcounter3": 0xB03, "pmpcfg14": 0x3AE}
    assert {name: NUMBERS[name] for name in expected} == expected


@pytest.mark.parametrize("number", [0, 1, 2, 3, 0x101, 0x3A1, 0x5C0, 0x7A5, 0xC81, 0xFFF])
def test_absent(number):
    assert not csrs.exists(number)
    with pytest.raises(IllegalInstruction):
        csrs.read(HartState(), number)
    with pytest.raises(IllegalInstruction):
        csrs.write(HartState(), number, 0)


@pytest.mark.parametrize("mpp", [0, 1, 2, 3])
def test_mpp_keeps_legal_values(mpp):
    hart = HartState(mstatus=MPP)
    csrs.write(hart, NUMBERS["mstatus"], mpp << 11)
    assert hart.mstatus & MPP == (MPP if mpp == 2 else mpp << 11)


def test_sstatus_is_a_view():
    hart = HartState(mstatus=0xA_0000_0000 | WRITABLE)
    assert csrs.read(hart, NUMBERS["sstatus"]) == 0x2_000C_0122
    csrs.write(hart, NUMBERS["sstatus"], 0)
    assert hart.mstatus == 0xA_0000_0000 | WRITABLE & ~SSTATUS


@pytest.mark.parametrize("mode", range(16))
def test_satp_with_another_mode_is_ignored_as_a_whole(mode):
    hart = HartState(satp=8 << 60 | 5)
    csrs.write(hart, NUMBERS["satp"], mode << 60 | 7 << 44 | 9)
    assert hart.satp == (mode << 60 | 7 << 44 | 9 if mode in (0, 8) else 8 << 60 | 5)


def test_vectors_keep_both_modes():
    hart = HartState()
    for value in (0x8000_0000, 0x8000_0001):
        csrs.write(hart, NUMBERS["mtvec"], value)
        assert hart.mtvec == value


def test_supervisor_sees_what_is_delegated():
    hart = HartState(mideleg=0x202, mie=0xAAA, mip=0x2A2)
    assert csrs.read(hart, NUMBERS["sie"]) == 0x202
    assert csrs.read(hart, NUMBERS["sip"]) == 0x202
    csrs.write(hart, NUMBERS["sie"], 0)
    assert hart.mie == 0x8A8
    csrs.write(hart, NUMBERS["sip"], 0)
    assert hart.mip == 0x2A0  # SSIP alone can be written, if it is delegated
    hart.mideleg = 0x200
    csrs.write(hart, NUMBERS["sip"], MASK64)
    assert hart.mip == 0x2A0


def test_external_interrupt_is_wire_or_bit():
    """norm:mip_seip_rdcsr, norm:mip_seip_wrcsr"""
    hart = HartState(seip=True, mideleg=0x200)
    mip, sip = NUMBERS["mip"], NUMBERS["sip"]
    assert (csrs.read(hart, mip), csrs.stored(hart, mip)) == (0x200, 0)
    assert (csrs.read(hart, sip), csrs.stored(hart, sip)) == (0x200, 0)
    hart.mip, hart.seip = 0x200, False
    assert (csrs.read(hart, mip), csrs.stored(hart, mip)) == (0x200, 0x200)
    assert csrs.pending(hart) == 0x200


def test_wires_cannot_be_written():
    hart = HartState(mip=0x888)
    csrs.write(hart, NUMBERS["mip"], 0)
    assert hart.mip == 0x888


def test_counters_are_shadows():
    hart = HartState(cycle=5, instret=6, time=7)
    assert [csrs.read(hart, NUMBERS[name]) for name in ("cycle", "instret", "time")] == [5, 6, 7]
    assert [csrs.read(hart, NUMBERS[name]) for name in ("mcycle", "minstret")] == [5, 6]


def test_every_value_fits():
    """Whatever is written, to whatever CSR, all of them read as 64 bits."""
    for value in (MASK64, 1 << 64 | 1, -1, 0xAAAA_AAAA_AAAA_AAAA):
        hart = HartState()
        for number in CSRS:
            csrs.write(hart, number, value)
        assert all(0 <= csrs.read(hart, number) <= MASK64 for number in CSRS)
