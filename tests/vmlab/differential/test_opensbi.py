"""A stock firmware finds its hardware in the device tree, and starts a kernel in S-mode."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from vmlab.asm import assemble
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.program import Program

FIRMWARE = Path("/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin")
BASE, KERNEL, INFO = 0x8000_0000, 0x8020_0000, 0x8030_0000
S_MODE = 1
# Prints by the SBI's legacy calls 1 (putchar) and 8 (shutdown).
SAYS_HELLO = """
    la   s0, text
1:  lbu  a0, 0(s0)
    beqz a0, 2f
    li   a7, 1
    ecall
    addi s0, s0, 1
    j    1b
2:  li   a7, 8
    ecall
text: .asciz "hello from S-mode\\n"
"""


@pytest.mark.skipif(not FIRMWARE.is_file(), reason="QEMU's OpenSBI is not installed")
def test_opensbi_boots(part):
    machine = Machine(part, options=Options(pmp_entries=16))
    # OpenSBI, "FW_DYNAMIC": magic "OSBI", version, and what comes next.
    info = struct.pack("<6Q", 0x4942_534F, 2, KERNEL, S_MODE, 0, 0)
    kernel = assemble(SAYS_HELLO, origin=KERNEL)
    firmware = FIRMWARE.read_bytes()
    machine.load(Program([(BASE, firmware), *kernel.segments, (INFO, info)], BASE))
    machine.hart.x[12] = INFO
    stop = machine.run(30_000_000)
    printed = machine.uart.output.decode()
    assert (stop.reason, stop.code) == (Reason.FINISHED, 0), printed
    rows = [line.partition(": ") for line in printed.splitlines()]
    found = {name.strip(): value for name, _, value in rows}
    assert found["Platform Name"] == "riscv-virtio,vmlab"
    assert found["Platform Timer Device"] == "aclint-mtimer @ 10000000Hz"
    assert found["Platform Console Device"] == "uart8250"
    assert found["Platform Shutdown Device"] == "sifive_test"
    assert found["Boot HART Base ISA"] == "rv64imac"
    assert found["Boot HART PMP Count"] == "16"
    assert printed.endswith("hello from S-mode\r\n")
