"""What packets are answered, and what they do to the machine."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from vmlab import csrs
from vmlab.gdb.commands import Do
from vmlab.gdb.registers import FIRST_CSR, PC, PRIV
from vmlab.hart import Mode

BASE = 0x8000_0000


def little(value):
    return value.to_bytes(8, "little").hex()


def test_what_is_supported(session):
    reply = session("qSupported:multiprocess+;swbreak+")
    for feature in ("ReverseStep+", "ReverseContinue+", "qXfer:features:read+"):
        assert feature in reply.split(";")
    assert session("vMustReplyEmpty") == ""
    assert session("vCont?") == "vCont;c;C;s;S"
    assert session("!") == ""
    assert session("?") == "T05thread:1;"
    assert session("Hg0") == "OK"
    assert session("qfThreadInfo") == "m1"
    assert session("qsThreadInfo") == "l"


def test_the_description_names_every_register(session):
    text, offset = "", 0
    while True:
        reply = session(f"qXfer:features:read:target.xml:{offset:x},7b")
        text += reply[1:]
        offset = len(text)
        if reply[0] == "l":
            break
    root = ElementTree.fromstring(text)
    assert root.find("architecture").text == "riscv:rv64"
    numbers = {reg.get("name"): int(reg.get("regnum")) for reg in root.iter("reg")}
    assert [numbers[name] for name in ("zero", "sp", "t6", "pc")] == [0, 2, 31, PC]
    assert numbers["mstatus"] == FIRST_CSR + csrs.NUMBERS["mstatus"]
    assert numbers["priv"] == PRIV
    for number in numbers.values():
        assert len(session(f"p{number:x}")) == 16


def test_registers(session):
    assert session("g") == "".join(map(little, session.machine.hart.x)) + little(BASE)
    values = [0, *range(101, 132), BASE + 8]
    assert session("G" + "".join(map(little, values))) == "OK"
    assert session("g") == "".join(map(little, values))
    assert session(f"P5={little(77)}") == "OK"
    assert session.register(5) == session.machine.hart.x[5] == 77
    assert session(f"P0={little(77)}") == "OK"
    assert session.register(0) == 0


def test_csrs_keep_what_is_legal(session):
    mstatus, satp, pmpaddr0 = (
        FIRST_CSR + csrs.NUMBERS[name] for name in ("mstatus", "satp", "pmpaddr0")
    )
    assert session(f"P{mstatus:x}={little((1 << 64) - 1)}") == "OK"
    assert session.register(mstatus) == session.machine.hart.mstatus != (1 << 64) - 1
    assert session(f"P{satp:x}={little(3 << 60)}") == "OK"
    assert session.register(satp) == 0
    assert session(f"P{pmpaddr0:x}={little(5)}") == "OK"
    assert session.register(pmpaddr0) == session.machine.pmp.read(csrs.NUMBERS["pmpaddr0"]) == 5


def test_mode(session):
    assert session.register(PRIV) == 3
    assert session(f"P{PRIV:x}={little(1)}") == "OK"
    assert session.machine.hart.mode is Mode.S
    assert session(f"P{PRIV:x}={little(2)}") == "E01"
    assert session.machine.hart.mode is Mode.S


def test_memory(session):
    assert session(f"M{BASE + 0x1FFE:x},4:01020304") == "OK"
    assert session(f"m{BASE + 0x1FFC:x},8") == "0000010203040000"
    assert session(f"X{BASE + 0x1FFE:x},2:".encode() + b"}\x5d}\x04") == "OK"
    assert bytes(session.machine.ram[0x1FFE:0x2000]) == b"}$"
    assert session(f"X{BASE:x},0:") == "OK"


def test_memory_that_is_not_there(session):
    end = BASE + len(session.machine.ram)
    assert session("m0,4") == "E0e"
    assert session("m10000000,1") == "E0e"  # a device
    assert session("mffffffffffffffff,8") == "E0e"
    assert session(f"m{end - 2:x},8") == "0000"
    assert session(f"M{end - 2:x},4:01020304") == "E0e"
    assert session(f"m{end - 2:x},2") == "0000"


def test_memory_is_the_guest_s_virtual_one(session):
    machine = session.machine
    machine.memory.write(0x8_0000, 8, (BASE + 0x8_1000) >> 2 | 1)
    machine.memory.write(0x8_1000, 8, (BASE + 0x8_2000) >> 2 | 1)
    machine.memory.write(0x8_2000 + 8, 8, (BASE + 0x3000) >> 2 | 0x13)  # user, A=0, not writable
    machine.memory.write(0x3010, 8, 0x1122334455667788)
    machine.hart.satp = 8 << 60 | (BASE + 0x8_0000) >> 12
    machine.hart.mode = Mode.S
    tlb = machine.mmu.state()
    assert session("m1010,8") == little(0x1122334455667788)
    assert session("m2010,8") == "E0e"
    assert session(f"m{BASE:x},8") == "E0e"
    assert session("m1ffe,4") == "0000"
    assert machine.mmu.state() == tlb
    assert session("M1010,1:99") == "OK"
    assert machine.memory.read(0x3010, 1) == 0x99
    machine.hart.mode = Mode.M
    assert session("m1010,8") == "E0e"


def test_steps(session):
    assert session("s") == "T05thread:1;"
    assert session.pc == BASE + 4
    assert session("vCont;s:1;c") == "T05thread:1;"
    assert session.pc == BASE + 8
    assert session(f"s{BASE:x}") == "T05thread:1;"
    assert session.pc == BASE + 4


@pytest.mark.parametrize("kind", "01")
def test_breakpoints(session, kind):
    store = session.symbols["store"]
    memory = bytes(session.machine.ram)
    assert session(f"Z{kind},{store:x},4") == "OK"
    for count in (1, 2, 3):
        assert session("c") == "T05thread:1;"
        assert (session.pc, session.register(8)) == (store, count)
        if count == 1:
            assert bytes(session.machine.ram) == memory
    assert session(f"z{kind},{store:x},4") == "OK"
    session("c")
    assert session.said == ["the guest has finished: 0"]
    assert session("c") == "W00"


@pytest.mark.parametrize(
    ("kind", "name", "places"),
    [
        (2, "watch", ["store"] * 3),
        (3, "rwatch", ["load"] * 3),
        (4, "awatch", ["store", "load", "store"]),
    ],
)
def test_watchpoints(session, kind, name, places):
    word = session.symbols["word"]
    assert session(f"Z{kind},{word:x},8") == "OK"
    for place in places:
        assert session("c") == f"T05{name}:{word:x};thread:1;"
        assert session.pc == session.symbols[place]  # before the access
        session("s")
    for place in reversed(places):
        assert session("bc") == f"T05{name}:{word:x};thread:1;"
        assert session.pc == session.symbols[place] + 4  # going back: after it
        session("bs")
        assert session.pc == session.symbols[place]
    assert session("bc") == "T05replaylog:begin;thread:1;"


def test_going_back(session):
    loop = session.symbols["loop"]
    session(f"Z0,{loop:x},4")
    counts = []
    while session("c") and not session.said:
        counts.append(session.register(8))
    assert counts == [0, 1, 2, 3, 4]
    back = []
    while session("bc") == "T05thread:1;":
        back.append(session.register(8))
    assert back == counts[::-1]
    assert session.pc == BASE
    assert session("bs") == "T05replaylog:begin;thread:1;"
    session("s")
    assert session("bs") == "T05thread:1;"
    assert session.pc == BASE


def test_going_back_over_a_trap(session):
    handler = session.symbols["handler"]
    session(f"Z0,{handler:x},4")
    session("c")
    assert session.pc == handler
    session("bs")
    assert session(f"m{session.pc:x},4") == "73000000"  # the ecall
    assert session.register(FIRST_CSR + csrs.NUMBERS["mcause"]) == 0


def test_what_the_debugger_changed_is_part_of_the_past(session):
    word = session.symbols["word"]
    for _ in range(6):
        session("s")
    session(f"M{word:x},8:{little(99)}")
    session(f"P8={little(3)}")
    session("c")
    assert session.said == ["the guest has finished: 0"]
    session("bc")
    assert session(f"m{word:x},8") == little(0)
    for _ in range(6):
        session("s")
    assert session(f"m{word:x},8") == little(99)
    assert session.register(8) == 3


def test_an_idle_guest_is_told(session):
    session.machine.memory.write(0, 4, 0x1050_0073)  # wfi
    assert session("c") == "T05thread:1;"
    assert session.said == ["the guest waits for an interrupt that cannot come"]
    assert session("c") == "T05thread:1;"


def test_monitor(session):
    def monitor(line):
        return bytes.fromhex(session("qRcmd," + line.encode().hex())).decode()

    session("s")
    assert monitor("moment") == "1\n"
    assert "type TEXT" in monitor("help") == monitor("")
    assert session("qRcmd," + b"type ls -l".hex()) == "OK"
    assert [session.machine.uart.read(0, 1) for _ in range(6)] == [*b"ls -l\n"]


def test_leaving(session):
    assert session("k") is Do.KILL
    assert session("vKill;1") is Do.KILL
    assert session("D") is Do.DETACH
    assert session("D;1") is Do.DETACH


NONSENSE = [
    *("p", "pzz", "p1000", "pffffffffffffffffff", "P5", "P5=", "P5=12", "P5=zz"),
    *("P1000=0000000000000000", "G", "G00", "Gzz", "m", "m1", "m1,", "mx,1", "m1,x", "m-1,1"),
    *("M", "M80000000,1:", "M1,1:zz", "M80000000,2:01", "X80000000,2:a", "X80000000,1:}"),
    *("Z0", "Z0,", "Z0,x,1", "Z2,0,0", "z1,1", "Z4,80000000,ffffffffffffffffff"),
    *("T2", "T", "vCont;", "vCont;t", "vCont;x:1", "cx", "sx", "s-1", "m80000000,é"),
    *("qXfer:features:read:target.xml:", "qRcmd,zz", "qRcmd,ff"),
]


@pytest.mark.parametrize("packet", NONSENSE)
def test_packets_that_make_no_sense(session, packet):
    before = session.machine.snapshot()
    assert session(packet) == "E01"
    assert session.machine.snapshot() == before


@pytest.mark.parametrize(
    "packet", ["", "x", "Z5,0,4", "qUnknown", "QUnknown", "vUnknown", "b", "é"]
)
def test_packets_that_are_unknown(session, packet):
    assert session(packet) == ""


def test_garbage(session):
    """No packet, whatever is in it, makes an exception."""
    letters = st.sampled_from(
        [*"?gGpPmMXZzHTqQvbsDk!éR", "qXfer:", "qRcmd,", "vCont;", "Z2,", "bs"]
    )
    rest = st.one_of(st.binary(max_size=30), st.text("0123456789abcdef,:;=}", max_size=30))

    @settings(max_examples=600, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(letters, rest)
    def check(letter, rest):
        session(letter.encode() + (rest if isinstance(rest, bytes) else rest.encode()))

    check()
