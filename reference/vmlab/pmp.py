"""Physical memory protection: what M-mode lets the modes below it reach, and itself.

pmpcfg, a byte for each entry     7   6 5   4 3   2   1   0
                                 | L | 0 0 |  A  | X | W | R |

The unit belongs to the machine's hart and is not part of its `HartState`; a virtual hart has none.
(Privileged manual, "Physical Memory Protection".) Its granularity is 4 bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .access import Access
from .csrs import NUMBERS
from .hart import Mode

R, W, X, LOCKED = 1 << 0, 1 << 1, 1 << 2, 1 << 7
OFF, TOR, NA4, NAPOT = 0 << 3, 1 << 3, 2 << 3, 3 << 3
"""The values of field A (norm:pmp_a_field_encoding)."""
A = 3 << 3
WRITABLE = R | W | X | A | LOCKED
ADDRESS_MASK = (1 << 54) - 1
"""A `pmpaddr` holds bits 55 to 2 of an address (norm:pmp_addr_encoding)."""
PAGE = 4096
NEEDED = {Access.FETCH: X, Access.LOAD: R, Access.STORE: W}
PMPCFG0, PMPADDR0 = NUMBERS["pmpcfg0"], NUMBERS["pmpaddr0"]
CSRS = range(PMPCFG0, NUMBERS["pmpaddr63"] + 1)
"""The numbers of the unit's CSRs."""


class Region(NamedTuple):
    """The bytes that an entry matches."""

    start: int
    end: int
    """Of the byte behind the last one."""
    config: int


class Pmp:
    """The PMP entries of one hart."""

    def __init__(self, entries: int) -> None:
        """Build it with so many entries, 0, 16 or 64; all are off (norm:pmp_A_L_rst)."""
        self._config = [0] * entries
        self._address = [0] * entries
        self._regions: list[Region] = []
        """What the entries match that are on, in the order of their priority."""

    def state(self) -> dict[str, Any]:
        """Return the registers as plain data."""
        return {"config": list(self._config), "address": list(self._address)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave. Raise ValueError if it is of another number of entries."""
        config = [value & WRITABLE for value in state["config"]]
        address = [value & ADDRESS_MASK for value in state["address"]]
        if not len(config) == len(address) == len(self._config):
            raise ValueError(f"there are {len(self._config)} PMP entries here")
        self._config, self._address = config, address
        self._decode()

    # The CSRs

    def read(self, number: int) -> int:
        """Return the value of one of `CSRS`; entries that are not there read 0."""
        if number >= PMPADDR0:
            return _at(self._address, number - PMPADDR0)
        first = 4 * (number - PMPCFG0)  # pmpcfg2 begins with entry 8, on RV64
        return sum(_at(self._config, first + byte) << 8 * byte for byte in range(8))

    def write(self, number: int, value: int) -> None:
        """Write one of `CSRS`; what is locked stays as it is (norm:pmp_l_bit_write_protection)."""
        if number >= PMPADDR0:
            self._write_address(number - PMPADDR0, value)
        else:
            for byte in range(8):
                self._write_config(4 * (number - PMPCFG0) + byte, value >> 8 * byte & 0xFF)
        self._decode()

    def _write_config(self, index: int, value: int) -> None:
        if index >= len(self._config) or self._config[index] & LOCKED:
            return
        if value & (R | W) == W:  # reserved (norm:pmp_rwx_warl): W is dropped
            value &= ~W
        self._config[index] = value & WRITABLE

    def _write_address(self, index: int, value: int) -> None:
        if index >= len(self._address) or self._config[index] & LOCKED:
            return
        above = _at(self._config, index + 1)
        if above & LOCKED and above & A == TOR:  # the bottom of that one
            return
        self._address[index] = value & ADDRESS_MASK

    # What they mean

    def allows(self, address: int, width: int, access: Access, mode: Mode) -> bool:
        """Tell whether `mode` may access `width` bytes at a physical address."""
        end = address + width
        for region in self._regions:
            # norm:pmp_entry_priority: the first entry that matches any byte decides.
            if address < region.end and region.start < end:
                if not (region.start <= address and end <= region.end):
                    return False  # norm:pmp_full_match_required
                if mode == Mode.M and not region.config & LOCKED:
                    return True
                return region.config & NEEDED[access] != 0  # norm:pmp_rwx_check
        # norm:pmp_no_entry_match
        return mode == Mode.M or not self._config

    def is_uniform(self, page: int) -> bool:
        """Tell whether all accesses in the page at a physical address get the same answer.

        If so, what one access learned holds for the page.
        """
        end = page + PAGE
        for region in self._regions:
            if page < region.end and region.start < end:
                return region.start <= page and end <= region.end
        return True

    def _decode(self) -> None:
        found = (self._region(index) for index in range(len(self._config)))
        self._regions = [region for region in found if region.start < region.end]

    def _region(self, index: int) -> Region:
        config, address = self._config[index], self._address[index]
        matching = config & A
        if matching == TOR:  # norm:pmp_a_field_tor
            bottom = self._address[index - 1] if index else 0
            return Region(bottom << 2, address << 2, config)
        if matching == NA4:
            return Region(address << 2, address + 1 << 2, config)
        if matching == NAPOT:  # the lowest 0 and the ones below it tell the size
            size = (address ^ address + 1) + 1
            start = address & -size
            return Region(start << 2, start + size << 2, config)
        return Region(0, 0, config)  # OFF


def _at(values: list[int], index: int) -> int:
    return values[index] if index < len(values) else 0
