"""The device tree of a machine: what a kernel reads to find its hardware.

Names, addresses and interrupt numbers are those of QEMU's `virt` board.
"""

from __future__ import annotations

from functools import lru_cache

from .clock import TICKS_PER_SECOND
from .devices import (
    CLINT_BASE,
    FINISHER_BASE,
    PLIC_BASE,
    RTC_BASE,
    RTC_IRQ,
    UART_BASE,
    UART_IRQ,
    VIRTIO_BASE,
    VIRTIO_IRQ,
    VIRTIO_SLOTS,
    VIRTIO_STRIDE,
    Clint,
    Finisher,
    Plic,
    Rtc,
    Uart,
)
from .devices.finisher import PASS, RESET
from .devices.plic import SOURCES
from .fdt import Node, Value, flatten
from .memory import PAGE_SIZE, Ram
from .options import Options
from .program import Program
from .trap import Irq

CPU_INTC, PLIC, FINISHER = 1, 2, 3
"""Phandles: how nodes refer to each other."""
UART_CLOCK = 3_686_400
"""Hz; divided by 16 and the divisor latch it gives the baud rate, which means nothing here."""


@lru_cache(maxsize=16)
def blob(ram_base: int, ram_size: int, options: Options, bootargs: str = "") -> bytes:
    """Return the flattened device tree of a machine with one hart.

    Args:
        ram_base: Physical address of RAM.
        ram_size: Its size in bytes.
        options: How the machine is built.
        bootargs: The kernel's command line.
    """
    root = Node(
        "",
        {
            "#address-cells": 2,
            "#size-cells": 2,
            "compatible": "riscv-virtio",
            "model": "riscv-virtio,vmlab",
        },
    )
    chosen: dict[str, Value] = {"stdout-path": f"/soc/serial@{UART_BASE:x}"}
    root.add("chosen", chosen | ({"bootargs": bootargs} if bootargs else {}))
    memory = {"device_type": "memory", "reg": _wide(ram_base, ram_size)}
    root.add(f"memory@{ram_base:x}", memory)
    _cpus(root, options)
    _devices(
        root.add(
            "soc",
            {
                "#address-cells": 2,
                "#size-cells": 2,
                "compatible": "simple-bus",
                "ranges": None,
            },
        )
    )
    for name, command in (("poweroff", PASS), ("reboot", RESET)):
        where: dict[str, Value] = {"regmap": FINISHER, "offset": 0, "value": command}
        root.add(name, {**where, "compatible": f"syscon-{name}"})
    return flatten(root)


def place(tree: bytes, memory: Ram, program: Program) -> int | None:
    """Write a tree to the highest pages that `program` leaves; return its physical address.

    Returns None, with nothing written, if they are too few.
    """
    size = -(-len(tree) // PAGE_SIZE) * PAGE_SIZE
    end = memory.base + memory.size
    for start, contents in sorted(program.segments, reverse=True):
        if start + len(contents) <= end - size:
            break
        end = min(end, start & -PAGE_SIZE)
    offset = memory.offset(end - size, len(tree))
    if offset is None:
        return None
    memory.bytes[offset : offset + len(tree)] = tree
    return end - size


def isa(options: Options) -> str:
    """Return the name of what the hart implements (Unprivileged manual, "ISA extension naming")."""
    extensions = ["zicntr", "zicsr", "zifencei", "sstc", "svadu" if options.svadu else "svade"]
    return "_".join(["rv64imac", *extensions])


def _cpus(root: Node, options: Options) -> None:
    cells: dict[str, Value] = {"#address-cells": 1, "#size-cells": 0}
    cpus = root.add("cpus", cells | {"timebase-frequency": TICKS_PER_SECOND})
    cpu = cpus.add(
        "cpu@0",
        {
            "device_type": "cpu",
            "reg": 0,
            "status": "okay",
            "compatible": "riscv",
            "riscv,isa": isa(options),
            "mmu-type": "riscv,sv39",
        },
    )
    cpu.add(
        "interrupt-controller",
        {
            "compatible": "riscv,cpu-intc",
            "phandle": CPU_INTC,
            "interrupt-controller": None,
            "#interrupt-cells": 1,
        },
    )


def _devices(soc: Node) -> None:
    soc.add(
        f"clint@{CLINT_BASE:x}",
        {
            "compatible": ["sifive,clint0", "riscv,clint0"],
            "reg": _wide(CLINT_BASE, Clint.size),
            "interrupts-extended": [CPU_INTC, Irq.MSI, CPU_INTC, Irq.MTI],
        },
    )
    soc.add(
        f"plic@{PLIC_BASE:x}",
        {
            "compatible": ["sifive,plic-1.0.0", "riscv,plic0"],
            "reg": _wide(PLIC_BASE, Plic.size),
            "interrupts-extended": [CPU_INTC, Irq.MEI, CPU_INTC, Irq.SEI],
            "riscv,ndev": SOURCES - 1,
            "phandle": PLIC,
            "interrupt-controller": None,
            "#interrupt-cells": 1,
            "#address-cells": 0,
        },
    )
    soc.add(
        f"test@{FINISHER_BASE:x}",
        {
            "compatible": ["sifive,test1", "sifive,test0", "syscon"],
            "reg": _wide(FINISHER_BASE, Finisher.size),
            "phandle": FINISHER,
        },
    )
    _interrupting(soc, "rtc", "google,goldfish-rtc", RTC_BASE, Rtc.size, RTC_IRQ)
    uart = _interrupting(soc, "serial", "ns16550a", UART_BASE, Uart.size, UART_IRQ)
    uart.properties["clock-frequency"] = UART_CLOCK
    for slot in range(VIRTIO_SLOTS):
        base = VIRTIO_BASE + VIRTIO_STRIDE * slot
        _interrupting(soc, "virtio_mmio", "virtio,mmio", base, VIRTIO_STRIDE, VIRTIO_IRQ + slot)


def _interrupting(soc: Node, name: str, compatible: str, base: int, size: int, source: int) -> Node:
    """Put in a device whose interrupts go to the PLIC."""
    return soc.add(
        f"{name}@{base:x}",
        {
            "compatible": compatible,
            "reg": _wide(base, size),
            "interrupts": source,
            "interrupt-parent": PLIC,
        },
    )


def _wide(address: int, size: int) -> Value:
    """Return an address and a size as two cells each."""
    return [address >> 32, address & 0xFFFF_FFFF, size >> 32, size & 0xFFFF_FFFF]
