"""The devices of the machine, at the addresses and with the registers of QEMU's `virt` board."""

from .clint import Clint
from .dma import Dma
from .finisher import Finisher
from .plic import Plic
from .rtc import Rtc
from .uart import Uart
from .virtio import BlockDevice, BlockFront, NetDevice, VirtioMmio

__all__ = [
    "CLINT_BASE",
    "FINISHER_BASE",
    "PLIC_BASE",
    "RTC_BASE",
    "RTC_IRQ",
    "UART_BASE",
    "UART_IRQ",
]
__all__ += ["VIRTIO_BASE", "VIRTIO_IRQ", "VIRTIO_SLOTS", "VIRTIO_STRIDE"]
__all__ += [
    "BlockDevice",
    "BlockFront",
    "Clint",
    "Dma",
    "Finisher",
    "NetDevice",
    "Plic",
    "Rtc",
    "Uart",
    "VirtioMmio",
]

FINISHER_BASE = 0x10_0000
CLINT_BASE = 0x200_0000
PLIC_BASE = 0xC00_0000
RTC_BASE = 0x10_1000
RTC_IRQ = 11
"""The clock's source number at the PLIC; it has no alarm that could use it."""
UART_BASE = 0x1000_0000
UART_IRQ = 10
"""The UART's source number at the PLIC."""
VIRTIO_BASE = 0x1000_1000
VIRTIO_STRIDE = 0x1000
VIRTIO_SLOTS = 8
VIRTIO_IRQ = 1
"""Source number of the first virtio slot; the others follow."""
