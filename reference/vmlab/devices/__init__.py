"""The devices of the machine, at the addresses and with the registers of QEMU's `virt` board."""

from .clint import Clint
from .finisher import Finisher
from .plic import Plic
from .uart import Uart

__all__ = ["CLINT_BASE", "FINISHER_BASE", "PLIC_BASE", "UART_BASE", "UART_IRQ"]
__all__ += ["Clint", "Finisher", "Plic", "Uart"]

FINISHER_BASE = 0x10_0000
CLINT_BASE = 0x200_0000
PLIC_BASE = 0xC00_0000
UART_BASE = 0x1000_0000
UART_IRQ = 10
"""The UART's source number at the PLIC."""
