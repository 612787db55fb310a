"""The virtio transport over memory-mapped registers, version 2 (virtio 1.2, 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from vmlab.bus import BusError
from vmlab.devices.dma import Dma

from .model import Model
from .queue import Broken, SplitQueue

MAGIC = 0x7472_6976
"""The text "virt"."""
VERSION = 2
VENDOR = 0x554D_4551
"""The text "QEMU": drivers written for that board ask for it."""


class Reg(IntEnum):
    """Offsets of the registers, 4 bytes each (4.2.2)."""

    MAGIC = 0x000
    VERSION = 0x004
    DEVICE_ID = 0x008
    VENDOR_ID = 0x00C
    DEVICE_FEATURES = 0x010
    DEVICE_FEATURES_SEL = 0x014
    DRIVER_FEATURES = 0x020
    DRIVER_FEATURES_SEL = 0x024
    QUEUE_SEL = 0x030
    QUEUE_NUM_MAX = 0x034
    QUEUE_NUM = 0x038
    QUEUE_READY = 0x044
    QUEUE_NOTIFY = 0x050
    INTERRUPT_STATUS = 0x060
    INTERRUPT_ACK = 0x064
    STATUS = 0x070
    QUEUE_DESC = 0x080
    """The low half of an address, as the next two; the high half follows."""
    QUEUE_DRIVER = 0x090
    QUEUE_DEVICE = 0x0A0
    SHM_LENGTH = 0x0B0
    SHM_BASE = 0x0B8
    CONFIG_GENERATION = 0x0FC


CONFIG = 0x100
"""Where the configuration space begins; any aligned access will do there."""

# Bits of STATUS (2.1).
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, NEEDS_RESET, FAILED = 1, 2, 4, 8, 64, 128
STATUS_BITS = ACKNOWLEDGE | DRIVER | DRIVER_OK | FEATURES_OK | FAILED
"""What a driver can set; NEEDS_RESET is the device's."""

# Bits of INTERRUPT_STATUS.
USED_BUFFER, CONFIG_CHANGE = 1, 2

# Features of transport and queues (6).
RING_INDIRECT_DESC = 1 << 28
VERSION_1 = 1 << 32

_ADDRESSES: dict[int, str] = {
    Reg.QUEUE_DESC: "descriptors",
    Reg.QUEUE_DRIVER: "driver",
    Reg.QUEUE_DEVICE: "device",
}


class VirtioMmio:
    """A slot for a virtio device; one where nothing is plugged in has device ID 0.

    A driver that does not accept VERSION_1 is served all the same ("a device MAY fail", 6.2): xv6
    never writes the upper half of the features.
    """

    size = 0x1000

    def __init__(
        self,
        model: Model | None,
        dma: Dma,
        interrupt: Callable[[bool], None] = lambda level: None,
        name: str = "virtio",
    ) -> None:
        """Build it; `interrupt` is called with the level of its interrupt line."""
        self.name = name
        self._model = model
        self._interrupt = interrupt
        self._queues = [SplitQueue(dma, most) for most in model.queue_sizes] if model else []
        self._nowhere = SplitQueue(dma, 0)
        """Stands for every queue that does not exist."""
        self._offered = model.features | RING_INDIRECT_DESC | VERSION_1 if model else 0
        self._generation = 0
        self._reset()
        if model is not None:
            model.plug(self._kick, self._config_changed)

    # Registers

    def read(self, offset: int, width: int) -> int:
        """Read a register; those that can only be written are 0."""
        if self._model is not None and offset >= CONFIG:
            config = self._model.config()[offset - CONFIG : offset - CONFIG + width]
            return int.from_bytes(config, "little")
        if width != 4:  # 4.2.2.2: "only 32 bit wide and aligned reads and writes"
            raise BusError(offset)
        match offset:
            case Reg.MAGIC:
                return MAGIC
            case Reg.VERSION:
                return VERSION
            case Reg.VENDOR_ID:
                return VENDOR
        if self._model is None:
            return 0
        return self._read(offset, self._model)

    def _read(self, offset: int, model: Model) -> int:
        queue = self._queue()
        if Reg.SHM_LENGTH <= offset < Reg.SHM_BASE + 8:
            return 0xFFFF_FFFF  # no shared memory: length and base are -1
        values: dict[int, int] = {
            Reg.DEVICE_ID: model.device_id,
            Reg.DEVICE_FEATURES: _half(self._offered, self._offered_half),
            Reg.QUEUE_NUM_MAX: queue.most,
            Reg.QUEUE_READY: int(queue.ready),
            Reg.INTERRUPT_STATUS: self._interrupts,
            Reg.STATUS: self._status,
            Reg.CONFIG_GENERATION: self._generation,
        }
        return values.get(offset, 0)

    def write(self, offset: int, width: int, value: int) -> None:
        """Write a register; those that can only be read, and the configuration, ignore it."""
        if self._model is not None and offset >= CONFIG:
            return
        if width != 4:
            raise BusError(offset)
        if self._model is None:
            return
        match offset:
            case Reg.DEVICE_FEATURES_SEL:
                self._offered_half = value
            case Reg.DRIVER_FEATURES_SEL:
                self._accepted_half = value
            case Reg.DRIVER_FEATURES:
                self._accept(value)
            case Reg.QUEUE_SEL:
                self._selected = value
            case Reg.QUEUE_NOTIFY:
                self._kick(value)
            case Reg.INTERRUPT_ACK:
                self._set_interrupts(self._interrupts & ~value)
            case Reg.STATUS:
                self._set_status(value)
            case _:
                self._write_queue(offset, value)

    def _write_queue(self, offset: int, value: int) -> None:
        queue = self._queue()
        if offset == Reg.QUEUE_READY:
            queue.ready = bool(value & 1) and queue.well_placed()
        elif queue.ready:
            return  # 4.2.2.2: these must not be written while the queue is in use
        elif offset == Reg.QUEUE_NUM:
            queue.num = value
        elif offset & ~4 in _ADDRESSES:
            name = _ADDRESSES[offset & ~4]
            shift = 32 if offset & 4 else 0
            kept = getattr(queue, name) & ~(0xFFFF_FFFF << shift)
            setattr(queue, name, kept | value << shift)

    def _queue(self) -> SplitQueue:
        if self._selected < len(self._queues):
            return self._queues[self._selected]
        return self._nowhere

    # Status and features

    def _reset(self) -> None:
        self._status = 0
        self._accepted = 0
        self._offered_half = 0
        self._accepted_half = 0
        self._selected = 0
        self._interrupts = 0
        for queue in self._queues:
            queue.reset()

    def _accept(self, value: int) -> None:
        if self._status & FEATURES_OK or self._accepted_half > 1:
            return  # 3.1.1: the driver must not accept more after FEATURES_OK
        shift = 32 * self._accepted_half
        self._accepted = self._accepted & ~(0xFFFF_FFFF << shift) | value << shift

    def _set_status(self, value: int) -> None:
        if value == 0:
            self._reset()
            assert self._model is not None
            self._model.reset()
            self._interrupt(False)
            return
        # 2.1.1: a driver must not clear bits, short of a reset.
        new = self._status | value & STATUS_BITS
        if new & ~self._status & FEATURES_OK:
            if self._accepted & ~self._offered:
                new &= ~FEATURES_OK  # 2.2.2: not to be accepted
            for queue in self._queues:
                queue.indirect = bool(self._accepted & RING_INDIRECT_DESC)
                queue.features = self._accepted
        self._status = new

    # Work

    def _kick(self, index: int) -> None:
        """Let the device work at a queue, if it may."""
        if index >= len(self._queues) or self._status & (DRIVER_OK | NEEDS_RESET) != DRIVER_OK:
            return
        queue = self._queues[index]
        if not queue.ready:
            return
        assert self._model is not None
        before = queue.used
        try:
            self._model.serve(index, queue)
            if queue.used != before and queue.wants_interrupt():
                self._set_interrupts(self._interrupts | USED_BUFFER)
        except Broken:
            self._status |= NEEDS_RESET
            self._config_changed()  # 2.1.2: so the driver learns of it

    def _config_changed(self) -> None:
        self._generation = self._generation + 1 & 0xFFFF_FFFF
        if self._status & DRIVER_OK:
            self._set_interrupts(self._interrupts | CONFIG_CHANGE)

    def _set_interrupts(self, interrupts: int) -> None:
        self._interrupts = interrupts
        self._interrupt(bool(interrupts))

    # Snapshots

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps, with the queues and the device behind."""
        return {
            "registers": {name: getattr(self, name) for name in _STATE},
            "queues": [queue.state() for queue in self._queues],
            "model": self._model.state() if self._model else {},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        for name in _STATE:
            setattr(self, name, state["registers"][name])
        for queue, kept in zip(self._queues, state["queues"], strict=True):
            queue.restore(kept)
        if self._model is not None:
            self._model.restore(state["model"])


_STATE = (
    *("_status", "_interrupts", "_generation", "_selected"),
    *("_accepted", "_offered_half", "_accepted_half"),
)


def _half(features: int, which: int) -> int:
    """Return 32 of the bits of a set of features."""
    return features >> 32 * which & 0xFFFF_FFFF if which < 2 else 0
