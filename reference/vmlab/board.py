"""The board: RAM and devices at the addresses of QEMU's `virt`, and their interrupt wires."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from .block import BlockBackend
from .bus import Bus
from .devices import (
    CLINT_BASE,
    FINISHER_BASE,
    PLIC_BASE,
    RTC_BASE,
    UART_BASE,
    UART_IRQ,
    VIRTIO_BASE,
    VIRTIO_IRQ,
    VIRTIO_SLOTS,
    VIRTIO_STRIDE,
    BlockDevice,
    BlockFront,
    Clint,
    Dma,
    Finisher,
    NetDevice,
    Plic,
    Rtc,
    Uart,
    VirtioMmio,
)
from .devices.plic import CONTEXT_M, CONTEXT_S
from .devices.virtio.model import Model
from .hart import HartState
from .memory import Ram
from .net import Link
from .trace import Trace
from .trap import Irq

WIRES = 1 << Irq.MSI | 1 << Irq.MTI | 1 << Irq.MEI
"""The bits of `mip` that show the level of a wire."""


class Listener(Protocol):
    """What the devices tell the hart."""

    def reconsider(self) -> None:
        """The machine has been told to end."""

    def timer_set(self) -> None:
        """The CLINT's timer is due at another time, or its wires have moved."""

    def wires_moved(self) -> None:
        """A wire of the PLIC may have moved."""

    def written(self, offset: int, length: int) -> None:
        """A device has written so many bytes at an offset in RAM."""


class Board:
    """Everything outside of the hart."""

    def __init__(
        self,
        hart: HartState,
        memory: Ram,
        trace: Trace | None,
        disk: BlockBackend | BlockFront | None,
        net: Link | None,
        listener: Listener,
    ) -> None:
        """Place the devices.

        Args:
            hart: The hart, whose `time` the clocks show.
            memory: RAM.
            trace: Takes up the accesses to devices.
            disk: What the disk in virtio slot 0 keeps its sectors in, or a whole device for that
                slot; None leaves it empty.
            net: What the network card in slot 1 is plugged into; None leaves the slot empty.
            listener: Whom the devices tell.
        """
        self.clint = Clint(hart, listener.timer_set)
        self.plic = Plic(listener.wires_moved)
        self.uart = Uart(partial(self.plic.set_level, UART_IRQ), partial(self.plic.pulse, UART_IRQ))
        self.rtc = Rtc(hart)
        self.finisher = Finisher(listener.reconsider)
        if disk is not None and not isinstance(disk, BlockFront):
            disk = BlockDevice(disk)
        self.disk = disk
        self.net = NetDevice(net) if net is not None else None
        self.virtio = self._slots(Dma(memory, listener.written), [self.disk, self.net])
        self.bus = Bus(
            memory,
            {
                FINISHER_BASE: self.finisher,
                CLINT_BASE: self.clint,
                PLIC_BASE: self.plic,
                RTC_BASE: self.rtc,
                UART_BASE: self.uart,
                **{VIRTIO_BASE + VIRTIO_STRIDE * i: slot for i, slot in enumerate(self.virtio)},
            },
            trace=trace,
        )

    def show_wires(self, hart: HartState) -> None:
        """Bring the bits of `mip` that are wires, and `seip`, up to date."""
        mip = hart.mip & ~WIRES
        mip |= self.clint.software << Irq.MSI
        mip |= self.clint.timer << Irq.MTI
        hart.mip = mip | self.plic.wire(CONTEXT_M) << Irq.MEI
        hart.seip = self.plic.wire(CONTEXT_S)

    def _slots(self, dma: Dma, devices: list[Model | None]) -> list[VirtioMmio]:
        """Plug devices into the first slots."""
        devices += [None] * (VIRTIO_SLOTS - len(devices))
        return [
            VirtioMmio(
                device, dma, partial(self.plic.set_level, VIRTIO_IRQ + index), f"virtio{index}"
            )
            for index, device in enumerate(devices)
        ]
