"""The board of a virtual machine: the models of the machine's own devices, at its addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import sstc
from .bus import Bus
from .clock import Clock
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
    Clint,
    Dma,
    Finisher,
    Plic,
    Rtc,
    Uart,
    VirtioMmio,
)
from .devices.plic import CONTEXT_M, CONTEXT_S
from .devices.virtio.model import Model
from .hart import HartState
from .memory import PAGE_SIZE, Ram
from .trap import Irq

MSI, MTI, MEI = int(Irq.MSI), int(Irq.MTI), int(Irq.MEI)
WIRES = 1 << MSI | 1 << MTI | 1 << MEI
NOWHERE = 1 << 60


class GuestDma(Dma):
    """How a device looks into a guest's memory, which is strewn over the host's."""

    def __init__(self, look: Callable[[int, int], bytes]) -> None:
        """Build it; `look` returns bytes at a guest-physical address, or raises DmaError."""
        super().__init__(_no_ram())
        self._look = look

    def read(self, address: int, length: int) -> bytes:
        """Return bytes of the guest. Raise DmaError unless all of them are in its RAM."""
        return self._look(address, length)


class VirtualBoard:
    """Registers and wires. What a VMM does is to find out that the guest means them, and how."""

    def __init__(
        self,
        hart: HartState,
        send: Callable[[int], None],
        disk: Model | None,
        look: Callable[[int, int], bytes],
    ) -> None:
        """Place the devices.

        Args:
            hart: The virtual hart; the clocks show its `time`.
            send: Called with each byte that the guest sends.
            disk: What is plugged into virtio slot 0.
            look: Returns bytes of the guest's memory for a device, or raises DmaError.
        """
        self._hart = hart
        self.clock = Clock(hart)
        """Counts what the guest retires, and the time that passes without."""
        self.clint = Clint(hart)
        self.plic = Plic()
        level, pulse = partial(self.plic.set_level, UART_IRQ), partial(self.plic.pulse, UART_IRQ)
        self.uart = Uart(level, pulse, send)
        self.finisher = Finisher()
        dma = GuestDma(look)
        slots = {
            VIRTIO_BASE + VIRTIO_STRIDE * slot: VirtioMmio(
                None if slot else disk, dma, partial(self.plic.set_level, VIRTIO_IRQ + slot)
            )
            for slot in range(VIRTIO_SLOTS)
        }
        self._bus = Bus(
            _no_ram(),
            {
                FINISHER_BASE: self.finisher,
                CLINT_BASE: self.clint,
                PLIC_BASE: self.plic,
                RTC_BASE: Rtc(hart),
                UART_BASE: self.uart,
                **slots,
            },
        )

    def read(self, address: int, width: int) -> int:
        """Read a register: an unsigned number of `width` bytes.

        `address` is guest-physical, a multiple of `width`. Raises BusError if nothing answers, or
        not to an access of this width.
        """
        return self._bus.read(address, width)

    def write(self, address: int, width: int, value: int) -> None:
        """Write the low `width` bytes of `value` to a register. Raises as `read` does."""
        self._bus.write(address, width, value)

    def show_wires(self) -> None:
        """Bring `mip` and `seip` of the virtual hart up to date with the devices."""
        hart, clint = self._hart, self.clint
        sstc.show(hart)
        # Each exit comes by here: the codes of the interrupts are plain numbers.
        mip = hart.mip & ~WIRES | clint.msip << MSI | self.plic.wire(CONTEXT_M) << MEI
        hart.mip = mip | 1 << MTI if hart.time >= clint.mtimecmp else mip
        hart.seip = self.plic.wire(CONTEXT_S)

    def strikes(self) -> list[tuple[int, Irq]]:
        """Return in how many ticks of its time which timers strike, the next one first."""
        return sstc.strikes(self._hart, self.clint.ticks_to_timer())


def _no_ram() -> Ram:
    """Return RAM where no guest has any: its pages are not the devices' to find."""
    return Ram(PAGE_SIZE, base=NOWHERE)
