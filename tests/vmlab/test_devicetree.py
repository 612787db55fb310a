"""The device tree: what is in it, as dtc reads it, and that it names what QEMU's board names."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from vmlab import devicetree
from vmlab.asm import assemble
from vmlab.machine import Machine
from vmlab.options import Options
from vmlab.program import Program

BASE = 0x8000_0000
RAM = 128 << 20
QEMU = "qemu-system-riscv64"
THEIRS_ONLY = {
    *("pmu", "fw-cfg@10100000", "flash@20000000", "platform-bus@4000000", "pci@30000000"),
    *("cpu-map", "cluster0", "core0"),
}


def decompile(blob: bytes) -> str:
    if shutil.which("dtc") is None:
        pytest.skip("dtc is not installed")
    command = ["dtc", "-I", "dtb", "-O", "dts", "-"]
    done = subprocess.run(command, input=blob, capture_output=True, check=True, timeout=60)
    assert b"ERROR" not in done.stderr, done.stderr.decode()
    return done.stdout.decode()


def properties(source: str) -> dict:
    """Return (node, property) to value, with phandles by the names of their nodes."""
    found, path = {}, []
    for line in source.splitlines():
        line = line.strip()
        if line.endswith("{"):
            path.append(line[:-1].strip())
        elif line == "};":
            path.pop()
        elif path and line.endswith(";"):
            name, _, value = line[:-1].partition(" = ")
            found[path[-1], name] = value
    handles = {value: node for (node, name), value in found.items() if name == "phandle"}
    for (node, name), value in found.items():
        if name in ("interrupt-parent", "regmap"):
            found[node, name] = handles[value]
        if name == "interrupts-extended":
            cells = value.strip("<>").split()
            found[node, name] = [
                (handles[f"<{a}>"], b) for a, b in zip(cells[::2], cells[1::2], strict=True)
            ]
    return found


def test_it_names_what_qemus_board_names(tmp_path):
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")
    dump = tmp_path / "qemu.dtb"
    board = ["-machine", f"virt,dumpdtb={dump}", "-m", "128M", "-display", "none"]
    subprocess.run([QEMU, *board], capture_output=True, check=True, timeout=60)
    theirs = properties(decompile(dump.read_bytes()))
    ours = properties(decompile(devicetree.blob(BASE, RAM, Options())))
    differing = {
        key: (ours.get(key), theirs.get(key))
        for key in ours.keys() | theirs.keys()
        if key[0] not in THEIRS_ONLY and key[1] != "phandle" and ours.get(key) != theirs.get(key)
    }
    assert {key: value[0] for key, value in differing.items()} == {
        ("/", "model"): '"riscv-virtio,vmlab"',
        ("chosen", "rng-seed"): None,
        ("cpu@0", "riscv,isa"): '"rv64imac_zicntr_zicsr_zifencei_sstc_svade"',
        ("cpu@0", "mmu-type"): '"riscv,sv39"',
        ("plic@c000000", "riscv,ndev"): "<0x5f>",  # theirs counts a source too many
    }


def test_options_and_command_line_show():
    source = decompile(devicetree.blob(BASE, 5 << 30, Options(svadu=True), "console=ttyS0"))
    assert 'bootargs = "console=ttyS0";' in source
    assert "reg = <0x00 0x80000000 0x01 0x40000000>;" in source
    assert '"rv64imac_zicntr_zicsr_zifencei_sstc_svadu"' in source


@pytest.fixture
def machine():
    return Machine(None, ram_mib=1)


def test_a_kernel_gets_it(machine):
    machine.load(assemble("nop"))
    tree = devicetree.blob(BASE, 1 << 20, Options())
    address = machine.hart.x[11]
    assert machine.hart.x[10] == 0
    assert address == BASE + (1 << 20) - 4096
    assert bytes(machine.ram[address - BASE :][: len(tree)]) == tree
    # A page is all that it touches.
    assert len(tree) <= 4096
    assert not any(machine.ram[4096 : address - BASE])


@pytest.mark.parametrize(
    ("segments", "page"),
    [
        ([(BASE, bytes(16)), (BASE + (1 << 20) - 16, b"x" * 16)], 254),
        ([(BASE + 254 * 4096 + 8, b"x" * 4096)], 253),
        ([(BASE + 254 * 4096, b"x" * 4096)], 255),
        ([(BASE + 4096, b"x" * ((1 << 20) - 4096))], 0),
        ([(BASE + 8, b"x" * ((1 << 20) - 8))], None),
    ],
)
def test_it_never_lies_on_the_program(machine, segments, page):
    machine.load(Program(segments, BASE))
    assert machine.hart.x[11] == (0 if page is None else BASE + 4096 * page)
    for start, contents in segments:
        assert bytes(machine.ram[start - BASE :][: len(contents)]) == contents


def test_a_kernel_gets_its_command_line():
    machine = Machine(None, ram_mib=1, bootargs="root=/dev/vda")
    machine.load(assemble("nop"))
    at = machine.hart.x[11] - BASE
    assert b"root=/dev/vda\0" in bytes(machine.ram[at : at + 4096])
