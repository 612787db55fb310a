"""Virtio devices behind memory-mapped registers (OASIS virtio 1.2).

Four layers: `mmio` has the registers, `queue` the rings in memory, `block` and `net` the devices;
`requests` is what a disk does when it is asked, and `served` a disk that someone else serves.
"""

from .block import BlockDevice, BlockFront
from .mmio import VirtioMmio
from .net import NetDevice
from .served import ServedDisk

__all__ = ["BlockDevice", "BlockFront", "NetDevice", "ServedDisk", "VirtioMmio"]
