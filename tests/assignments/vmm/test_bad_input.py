"""Bad configurations and bad guests: a sentence that names the VM and the reason, no more harm."""

from dataclasses import replace

import pytest
from vmlab.bench.disk_store import SparseFile
from vmlab.bench.vmm import configuration
from vmlab.image import Format
from vmlab.memory import RAM_BASE
from vmlab.vm import DiskConfig, Segment, State, VmRefused

CODE = Segment(RAM_BASE, bytes(4096))
BAD = {
    "too little memory for its kernel": (
        {"pages": 1, "segments": [Segment(RAM_BASE, bytes(4097))]},
        "a segment at 0x80000000..0x80001001, which is not all in its RAM",
    ),
    "no memory": ({"pages": 0}, "has 0 pages of RAM, not 1 to 65536"),
    "more memory than there is": ({"pages": 600}, "needs 669 frames, and "),
    "overlapping regions": (
        {"segments": [CODE, Segment(RAM_BASE + 4095, b"ab")], "entry": RAM_BASE},
        "segments that overlap at 0x80000fff",
    ),
    "no kernel": ({"segments": []}, "has no kernel"),
    "an entry in none": ({"entry": RAM_BASE + 0x3_0000}, "begins at 0x80030000, where it has no"),
    "no disk": ({"disk": DiskConfig("none.img")}, "cannot have disk none.img: there is no file"),
    "a broken disk": (
        {"disk": DiskConfig("broken.qcow2", Format.QCOW2)},
        "cannot have disk broken.qcow2: version 0 of the format",
    ),
    "too large a disk": (
        {"disk": DiskConfig("large.img", quota=511)},
        "large.img is larger than its quota",
    ),
    "too large a share": ({"share": 101}, "has a share of 101, not 1 to 100"),
}
"""What of a good configuration is replaced, and what the solution says of it."""
GUESTS = {
    "crashes": ("badstvec", 4, State.KILLED, "traps for ever"),
    "loops": ("loop", 0, State.RUNNING, ""),
    "floods the console": ("flood", 0, State.RUNNING, ""),
    "storms": ("storm", 0, State.RUNNING, ""),
    "points its queues at nothing": ("queues", 0, State.OFF, ""),
    "tries everything": ("hostile", 0, State.OFF, ""),
}


@pytest.fixture
def hello(guest):
    return guest("hello", 7)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_configuration(what, bench, hello):
    changes, said = BAD[what]
    bench.start(frames=300)
    bench.store.files["broken.qcow2"] = SparseFile(b"QFI\xfb" + bytes(600))
    bench.store.files["large.img"] = SparseFile(bytes(512))
    other = bench.vm(hello, pages=8)
    before = bench.ledger()
    config = replace(configuration(hello, "odd", 2, pages=16), **changes)
    with pytest.raises(VmRefused) as refused:
        bench.create(config)
    message = refused.value.message
    assert message.startswith("VM odd ")
    assert said in message
    assert message.endswith(".")
    assert bench.ledger() == before
    bench.run()
    other.prints("hello from 7\n")


@pytest.mark.parametrize("what", GUESTS)
def test_a_bad_guest(what, bench, guest, hello):
    name, word, state, said = GUESTS[what]
    bench.start(quantum=500)
    bad = bench.vm(guest(name, word), "odd", disk=bytes(1024) if name == "queues" else None)
    good = bench.vm(hello, "good")
    console = bench.vm(guest("console"), "typed")
    console.types(b"Hello, world.", prompt=b"> ")
    bench.run(15_000 if state is State.RUNNING else 60_000)
    good.prints("hello from 7\n")
    assert "world" in console.console
    bad.ends(state)
    if said:
        assert bad.status().reason.startswith("VM odd ")
        assert said in bad.status().reason
    bench.destroy(bad)
    assert bench.ledger().free == len(bench.resources.frames)
