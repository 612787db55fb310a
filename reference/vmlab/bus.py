"""The bus: which device, or RAM, answers at a physical address."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Protocol

from .memory import Ram
from .trace import DeviceAccess, Trace


class BusError(Exception):
    """Nothing answers at this physical address, or not to an access of this width."""


class Device(Protocol):
    """What the bus needs of a device. Offsets are in bytes from the device's base.

    The bus asks only for aligned accesses of 1, 2, 4 or 8 bytes that lie within `size`. A device
    raises BusError for a width that it does not support at this register.

    A snapshot keeps what `state` gives: plain data, which is `int`, `bool`, `str`, `bytes`, `None`,
    and lists and dicts (with `str` keys) of these. What follows from the rest, such as the level of
    an interrupt line, is not part of it, since the device at the other end keeps that itself.
    """

    name: str
    size: int

    def read(self, offset: int, width: int) -> int:
        """Return the register's value, unsigned."""
        ...

    def write(self, offset: int, width: int, value: int) -> None:
        """Change the register; `value` has no more than `width` bytes."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all that a snapshot must keep; the caller may keep it, and it does not change."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave, without telling anyone: no wire moves, nothing is sent."""
        ...


class Bus:
    """RAM and devices by physical address. Every access is aligned to its width."""

    def __init__(
        self,
        ram: Ram,
        devices: dict[int, Device] | None = None,
        *,
        trace: Trace | None = None,
    ) -> None:
        """Place each device at its base address; no two of them overlap."""
        self.ram = ram
        self.devices = dict(sorted((devices or {}).items()))
        self._bases = list(self.devices)
        self._placed = list(self.devices.values())
        self._trace = trace if trace and trace.devices else None

    def read(self, address: int, width: int) -> int:
        """Return an unsigned number of `width` bytes. Raise BusError if nothing answers."""
        offset = self.ram.offset(address, width)
        if offset is not None:
            return self.ram.read(offset, width)
        base, device = self._find(address, width)
        value = device.read(address - base, width)
        if self._trace is not None:
            self._trace.add(DeviceAccess(device.name, address - base, width, value, False))
        return value

    def write(self, address: int, width: int, value: int) -> None:
        """Write the low `width` bytes of `value`. Raise BusError if nothing answers."""
        offset = self.ram.offset(address, width)
        if offset is not None:
            self.ram.write(offset, width, value)
            return
        base, device = self._find(address, width)
        value &= (1 << 8 * width) - 1
        device.write(address - base, width, value)
        if self._trace is not None:
            self._trace.add(DeviceAccess(device.name, address - base, width, value, True))

    def read_pte(self, address: int) -> int:
        """Return 8 bytes of RAM. Page tables cannot lie in a device: raise BusError there."""
        offset = self.ram.offset(address, 8)
        if offset is None:
            raise BusError(address)
        return self.ram.read(offset, 8)

    def _find(self, address: int, width: int) -> tuple[int, Device]:
        index = bisect_right(self._bases, address) - 1
        if index >= 0:
            base, device = self._bases[index], self._placed[index]
            if address <= base + device.size - width:
                return base, device
        raise BusError(address)
