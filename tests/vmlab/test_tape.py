"""What came over the network in the past comes again, and nothing is sent twice."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble
from vmlab.block import FileDisk, MemoryDisk
from vmlab.machine import Machine
from vmlab.net import Wire
from vmlab.options import Options
from vmlab.reverse import Recorder
from vmlab.tape import Tape

GUEST = """
    .equ NET, 0x10002000
    # Send a frame, add up the first byte of every frame that has arrived; for ever.
_start:
    li   s0, NET
    li   t0, 3                      # acknowledge, driver
    sw   t0, 0x70(s0)
    li   t0, 1                      # VERSION_1
    sw   t0, 0x24(s0)
    sw   t0, 0x20(s0)
    li   t0, 11                     # and features OK
    sw   t0, 0x70(s0)
    li   a0, 0
    la   a1, rx
    call queue
    li   a0, 1
    la   a1, tx
    call queue
    li   t0, 15
    sw   t0, 0x70(s0)
    la   s1, rx
    la   s2, tx
    la   t0, inbox
    sd   t0, 0(s1)
    li   t1, 2048
    sw   t1, 8(s1)
    li   t1, 2                      # the device writes it
    sh   t1, 12(s1)
    la   t0, outbox
    sd   t0, 0(s2)
    li   t1, 72
    sw   t1, 8(s2)
    li   s3, 0                      # frames taken
    li   s4, 0                      # sum
    call offer
again:
    lh   t0, 0x82(s2)
    addi t0, t0, 1
    sh   t0, 0x82(s2)               # avail.idx of tx
    li   t1, 1
    sw   t1, 0x50(s0)
    lhu  t0, 0x102(s1)              # used.idx of rx
    beq  t0, s3, again
    addi s3, s3, 1
    la   t0, inbox
    lbu  t1, 12(t0)
    add  s4, s4, t1
    call offer
    j    again
offer:
    lh   t0, 0x82(s1)
    addi t0, t0, 1
    sh   t0, 0x82(s1)
    sw   zero, 0x50(s0)
    ret
queue:
    sw   a0, 0x30(s0)
    li   t0, 8
    sw   t0, 0x38(s0)
    sw   a1, 0x80(s0)
    addi t0, a1, 0x80
    sw   t0, 0x90(s0)
    addi t0, a1, 0x100
    sw   t0, 0xa0(s0)
    li   t0, 1
    sw   t0, 0x44(s0)
    ret
    .align 12
rx:     .zero 0x200
tx:     .zero 0x200
inbox:  .zero 2048
outbox: .zero 72
"""


@pytest.mark.parametrize("engine", ["interpreter", "translator"])
def test_frames_are_repeated(part, engine):
    count = iter(range(1, 250))

    def answer(frame):
        """Answer every third frame, and never the same way again."""
        number = next(count)
        return bytes([number]) * 60 if number % 3 == 0 else None

    wire = Wire(answer)
    machine = Machine(part, ram_mib=1, net=wire, options=Options(engine=engine))
    machine.load(assemble(GUEST))
    recorder = Recorder(machine, every=100, keep=5)
    past = {}
    for _ in range(20):
        recorder.run(37)
        wire.deliver(b"\x07" * 60)
        past[recorder.moment] = machine.snapshot()
    sent = len(wire.sent)
    assert sent > 20
    assert machine.hart.x[20] > 100  # the sum

    for moment in (740, 111, 37, 370, 74, 740):
        recorder.go_to(moment)
        assert machine.snapshot() == past[moment]
    assert len(wire.sent) == sent

    recorder.go_to(370)
    recorder.feed(b"x")  # another future, in which frames are sent anew
    recorder.run(370)
    assert len(wire.sent) > sent


def test_answers_come_before_send_returns():
    acts, got = [], []
    wire = Wire(lambda frame: frame * 2)
    tape = Tape(wire, acts.append)
    tape.connect(got.append)
    tape.send(b"a")
    assert (got, acts, tape.sent) == ([b"aa"], [], 1)
    wire.deliver(b"b")
    assert (got, len(acts)) == ([b"aa"], 1)
    acts[0]()
    assert got == [b"aa", b"b"]
    tape.sent = 0
    tape.send(b"a")
    assert got == [b"aa", b"b", b"aa"]
    assert wire.sent == [b"a"]


def test_a_disk_in_a_file_cannot_be_taken_back(part, tmp_path):
    (tmp_path / "disk").write_bytes(bytes(512))
    disk = FileDisk(tmp_path / "disk")
    machine = Machine(part, ram_mib=1, disk=disk)
    with disk, pytest.raises(ValueError, match="cannot be taken back"):
        Recorder(machine)


def test_a_disk_that_does_not_change_is_kept_once(part):
    machine = Machine(part, ram_mib=1, disk=MemoryDisk(b"\x55" * 4096))
    machine.load(assemble("_start: j _start"))
    recorder = Recorder(machine, every=10, keep=5)
    recorder.run(100)
    states = [kept.captured.state["devices"] for kept in recorder._history.all()]
    slot = next(name for name in states[0] if name.endswith("@10001000"))
    contents = [state[slot]["model"]["contents"] for state in states]
    assert contents[0] == b"\x55" * 4096
    assert all(each is contents[0] for each in contents)
