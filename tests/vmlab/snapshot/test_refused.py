"""What is no snapshot of such a machine is refused with one sentence, and changes nothing."""

from __future__ import annotations

import contextlib
import json
import zlib

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from vmlab.options import Options
from vmlab.snapshot import SnapshotError
from vmlab.snapshot.encoding import BODY, SUM, checksum


@pytest.fixture
def saved(build):
    machine = build("paging")
    machine.run(8_000)
    return machine.snapshot()


@pytest.fixture
def refuses(build, everything):
    """Give the function that restores and returns the sentence of the refusal."""
    machine = build("timer")
    machine.run(1_234)
    expected = everything(machine)

    def restore(data):
        with pytest.raises(SnapshotError) as caught:
            machine.restore(data)
        assert everything(machine) == expected
        sentence = str(caught.value)
        assert "\n" not in sentence
        return sentence

    return restore


def test_other_bytes(refuses):
    assert refuses(b"") == "these bytes are no snapshot of a machine"
    assert refuses(b"\x7fELF" + bytes(100)) == "these bytes are no snapshot of a machine"


def test_other_version(refuses, saved):
    assert refuses(saved[:8] + b"\x02" + saved[9:]) == (
        "the snapshot has format 2; this machine reads 1"
    )


@pytest.mark.parametrize("length", [8, 10, 12, 13, 100, -1000, -4, -1])
def test_cut_off(refuses, saved, length):
    assert "cut off" in refuses(saved[:length])


def test_something_behind(refuses, saved):
    assert "checksum" in refuses(saved + b"\0")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda body: body[:-1], "the snapshot is cut off"),
        (lambda body: body + b"\0", "the snapshot goes on after its end"),
        (lambda body: b"x" + body, "the snapshot is damaged: Error -3 while decompressing"),
    ],
)
def test_a_wrong_stream_with_a_right_checksum(refuses, saved, change, sentence):
    body = change(saved[BODY:])
    assert refuses(saved[:SUM] + checksum(body) + body).startswith(sentence)


def test_any_byte_changed(refuses, saved):
    @settings(max_examples=50, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(place=st.integers(0, len(saved) - 1), change=st.integers(1, 255))
    def check(place, change):
        damaged = bytearray(saved)
        damaged[place] ^= change
        refuses(bytes(damaged))

    check()


def test_other_ram(build, refuses):
    assert refuses(build(ram_mib=2).snapshot()) == (
        "the snapshot is of another machine: RAM is 2097152, here 1048576"
    )


def test_other_options(build, refuses):
    data = build(options=Options(misaligned=True)).snapshot()
    assert refuses(data) == "the snapshot is of another machine: misaligned is True, here False"


def forge(data, change):
    """Change the JSON text of a snapshot, and let every length and checksum agree."""
    body = zlib.decompress(data[BODY:])
    end = 8 + int.from_bytes(body[:8], "little")
    head = json.loads(body[8:end])
    change(head)
    text = json.dumps(head).encode()
    body = zlib.compress(len(text).to_bytes(8, "little") + text + body[end:])
    return data[:SUM] + checksum(body) + body


def paths(value, path=()):
    yield path
    for key in value if isinstance(value, dict) else range(len(value or [])):
        if isinstance(value[key], dict | list):
            yield from paths(value[key], (*path, key))
        else:
            yield (*path, key)


def put(head, path, new):
    for key in path[:-1]:
        head = head[key]
    head[path[-1]] = new


@pytest.mark.parametrize(
    ("path", "new"),
    [
        (("pages",), [1 << 40]),
        (("pages", 0), -1),
        (("blobs", 0), -1),
        (("blobs", 0), 1 << 40),
        (("state", "hart", "pc"), 1 << 64),
        (("state", "hart", "pc"), -1),
        (("state", "hart", "pc"), 1.5),
        (("state", "hart", "mode"), 2),
        (("state", "hart", "x"), [0] * 31),
        (("state", "hart", "x", 0), 1),
        (("state", "hart", "pc2"), 1),
        (("state", "retired"), "1"),
        (("state", "reservation"), [1]),
        (("state", "tlb"), [[1]]),
        (("state", "tlb"), [[1, 1, 0, 0, [[1]], [], []]]),
        (("state", "devices", "plic@c000000"), {}),
        (("state", "devices", "uart@10000000", "ier"), "x"),
        (("state", "devices", "uart@10000000", "sent"), {"blob": 10}),
        (("state", "devices"), None),
        (("state",), []),
    ],
)
def test_forged(refuses, saved, path, new):
    sentence = refuses(forge(saved, lambda head: put(head, path, new)))
    assert sentence.startswith("the snapshot is")


def test_anything_replaced_by_anything(build, saved):
    """Nothing in a snapshot makes a traceback, whether the machine can make sense of it or not."""
    found = []
    forge(saved, lambda head: found.extend(paths(head)))
    machine = build()
    values = st.sampled_from(
        [None, True, -1, 0, 7, 1 << 63, 1 << 64, "x", [], [0], {}, {"blob": 0}]
    )

    @settings(max_examples=150, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(path=st.sampled_from([path for path in found if path]), new=values)
    def check(path, new):
        with contextlib.suppress(SnapshotError):
            machine.restore(forge(saved, lambda head: put(head, path, new)))

    check()
