"""The platform-level interrupt controller, contexts M and S of hart 0 (RISC-V PLIC 1.0.0)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.bus import BusError

SOURCES = 96
"""Sources 1 to 95; number 0 means "no interrupt"."""
CONTEXT_M = 0
CONTEXT_S = 1
CONTEXTS = 2
MAX_PRIORITY = 7

PENDING = 0x1000
ENABLE = 0x2000
ENABLE_STRIDE = 0x80
CONTEXT = 0x20_0000
CONTEXT_STRIDE = 0x1000
THRESHOLD = 0
CLAIM = 4


class Plic:
    """Registers are 4 bytes wide. Sources move their wires by `set_level`, or send a `pulse`."""

    name = "plic"
    size = 0x60_0000

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """Build it; `moved` is called when the wire of a context has moved."""
        self._moved = moved
        self.priority = [0] * SOURCES
        """0 to 7 each; 0 means never."""
        self.enabled = [0] * CONTEXTS
        """A bit for each source, by context."""
        self.threshold = [0] * CONTEXTS
        self.pending = 0
        """A bit for each source: requests that the gateways let through, not yet claimed."""
        self._levels = 0
        self._edges = 0
        """Pulses that have not become requests yet."""
        self._wires = [False] * CONTEXTS
        self._in_service = 0
        """Claimed and not completed: their gateways let no further request through."""

    def set_level(self, source: int, level: bool) -> None:
        """Raise or lower a source's wire. A request that is pending stays until it is claimed."""
        bit = 1 << source
        levels = self._levels & ~bit | level << source
        if levels != self._levels:
            self._levels = levels
            self._open_gateways()

    def pulse(self, source: int) -> None:
        """Request once, as at an edge. If the source is in service, do it after its completion."""
        self._edges |= 1 << source
        self._open_gateways()

    def wire(self, context: int) -> bool:
        """Tell whether the context is notified: a pending source above its threshold."""
        return self._wires[context]

    def read(self, offset: int, width: int) -> int:
        """Read a register; reading `claim` claims."""
        if width != 4:
            raise BusError(offset)
        if offset < 4 * SOURCES:
            return self.priority[offset // 4]
        if PENDING <= offset < PENDING + SOURCES // 8:
            return self.pending >> 8 * (offset - PENDING) & 0xFFFF_FFFF
        enable = _enable_register(offset)
        if enable is not None:
            context, shift = enable
            return self.enabled[context] >> shift & 0xFFFF_FFFF
        match _context_register(offset):
            case context, register if register == THRESHOLD:
                return self.threshold[context]
            case context, register if register == CLAIM:
                return self._claim(context)
        return 0

    def write(self, offset: int, width: int, value: int) -> None:
        """Write a register; writing `claim` completes. Registers that do not exist ignore it."""
        if width != 4:
            raise BusError(offset)
        if 4 <= offset < 4 * SOURCES:
            self.priority[offset // 4] = value & MAX_PRIORITY
        enable = _enable_register(offset)
        if enable is not None:
            context, shift = enable
            kept = self.enabled[context] & ~(0xFFFF_FFFF << shift)
            self.enabled[context] = (kept | value << shift) & ~1  # source 0 does not exist
        match _context_register(offset):
            case context, register if register == THRESHOLD:
                self.threshold[context] = value & MAX_PRIORITY
            case context, register if register == CLAIM:
                self._complete(context, value)
        self._notify()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {
            "priority": list(self.priority),
            "enabled": list(self.enabled),
            "threshold": list(self.threshold),
            "pending": self.pending,
            "levels": self._levels,
            "edges": self._edges,
            "in_service": self._in_service,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.priority = list(state["priority"])
        self.enabled = list(state["enabled"])
        self.threshold = list(state["threshold"])
        self.pending = state["pending"]
        self._levels = state["levels"]
        self._edges = state["edges"]
        self._in_service = state["in_service"]
        self._wires = self._levels_of_wires()

    def _best(self, context: int) -> int:
        """Return the enabled pending source of highest priority, the lowest number first; or 0."""
        candidates = self.pending & self.enabled[context]
        best = 0
        while candidates:
            source = (candidates & -candidates).bit_length() - 1
            candidates &= candidates - 1
            if self.priority[source] > self.priority[best]:
                best = source
        return best

    def _claim(self, context: int) -> int:
        # "The claim operation is not affected by the setting of the priority threshold register."
        source = self._best(context)
        if source:
            self.pending &= ~(1 << source)
            self._in_service |= 1 << source
            self._notify()
        return source

    def _complete(self, context: int, source: int) -> None:
        # "If the completion ID does not match an interrupt source that is currently enabled for
        # the target, the completion is silently ignored."
        if source < SOURCES and self.enabled[context] >> source & 1:
            self._in_service &= ~(1 << source)
            self._open_gateways()

    def _open_gateways(self) -> None:
        self.pending |= (self._levels | self._edges) & ~self._in_service
        self._edges &= self._in_service
        self._notify()

    def _notify(self) -> None:
        """Move the contexts' wires to where they now belong."""
        wires = self._levels_of_wires()
        if wires != self._wires:
            self._wires = wires
            self._moved()

    def _levels_of_wires(self) -> list[bool]:
        return [
            self.priority[self._best(context)] > self.threshold[context]
            for context in range(CONTEXTS)
        ]


def _enable_register(offset: int) -> tuple[int, int] | None:
    """Return context and number of the lowest source, if an enable register is at `offset`."""
    context, byte = divmod(offset - ENABLE, ENABLE_STRIDE)
    if 0 <= context < CONTEXTS and byte < SOURCES // 8:
        return context, 8 * byte
    return None


def _context_register(offset: int) -> tuple[int, int] | None:
    """Return context and register, if a context's registers are at `offset`."""
    context, register = divmod(offset - CONTEXT, CONTEXT_STRIDE)
    return (context, register) if 0 <= context < CONTEXTS else None
