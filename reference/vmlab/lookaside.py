"""What engines look up before they ask the MMU: where in RAM the items at virtual addresses lie.

`Pages` is the table for one kind of access in one context: pages of virtual memory, and their
offsets in RAM. In front of it stand `Numbers`, one for each width of an access: as nearly all
addresses come again, and soon, what one leads to is kept whole, and then

    signed[4][numbers[address]]

is all there is to a load. What a `Pages` forgets, its `Numbers` forget with it.
"""

from __future__ import annotations

from .hart import MASK64
from .sv39 import PAGE_SHIFT

PAGE_MASK = (1 << PAGE_SHIFT) - 1
KEYS = {width: MASK64 & ~(PAGE_MASK & -width) for width in (1, 2, 4, 8)}
"""Masks that leave of an address the page number and the bits that alignment wants 0.

    63                     12 11               w  w-1   0
   | page number             | 0 ... 0           | kept  |

So one look-up in a table of aligned keys tells whether a page is known *and* the access aligned.
"""
ADDRESSES = 1 << 16
"""Addresses that all `Numbers` of a hart remember together; one more, and they forget all. More
would not fit into the caches of a host."""


class Numbers(dict[int, int]):
    """For addresses, the number of the item of RAM there among all items of this width.

    An address may be off by a multiple of 2^64. One that is not in a known page, or not a multiple
    of the width, raises KeyError.
    """

    __slots__ = ("_key", "_pages", "_room", "_shift")

    def __init__(self, pages: Pages, width: int, room: list[Numbers]) -> None:
        super().__init__()
        self._pages = pages
        self._key = KEYS[width]
        self._shift = width.bit_length() - 1
        self._room = room

    def __missing__(self, address: int) -> int:
        number = self._pages[address & self._key] + (address & PAGE_MASK) >> self._shift
        self.keep(address, number)
        return number

    def keep(self, address: int, number: int) -> None:
        """Remember an address."""
        if len(self._room) >= ADDRESSES:
            for numbers in self._room:
                numbers.clear()
            self._room.clear()
        self._room.append(self)
        self[address] = number


class Pages(dict[int, int]):
    """Starts of virtual pages, and the offsets in RAM of what they lead to."""

    __slots__ = ("numbers",)

    def __init__(self, room: list[Numbers]) -> None:
        """Build an empty table. `room` is the hart's: it lists each `Numbers` once an address."""
        super().__init__()
        self.numbers = {width: Numbers(self, width, room) for width in KEYS}
        """By width, in bytes."""

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        for numbers in self.numbers.values():
            numbers.clear()

    def __delitem__(self, page: int) -> None:
        """Forget a page, and all addresses: to find those in it would take as long."""
        super().__delitem__(page)
        for numbers in self.numbers.values():
            numbers.clear()


class StorePages(Pages):
    """The same, for stores: a page that holds code is not in it, but may be written beside it."""

    __slots__ = ("alone",)

    def __init__(self, room: list[Numbers]) -> None:
        """Build an empty table; as `Pages`."""
        super().__init__(room)
        self.alone = {width: Numbers(self, width, room) for width in KEYS}
        """By width. As `numbers`, but that an address says nothing of others in its page."""

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        for numbers in self.alone.values():
            numbers.clear()

    def __delitem__(self, page: int) -> None:
        """Forget a page, and all addresses."""
        super().__delitem__(page)
        for numbers in self.alone.values():
            numbers.clear()
