"""RAM as the pages that are not zero."""

from __future__ import annotations

from vmlab.memory import PAGE_SIZE, Ram

Pages = dict[int, bytes]
"""Contents of 4096 bytes each, by page number from the start of RAM."""

BLOCK = 16 * PAGE_SIZE
"""RAM is looked at in larger blocks first: most of it was never touched."""
ZERO_PAGE = bytes(PAGE_SIZE)
ZERO_BLOCK = bytes(BLOCK)


def gather(ram: Ram, known: Pages) -> Pages:
    """Return the pages that are not zero; those equal to a known one share its bytes."""
    found: Pages = {}
    for block in range(0, ram.size, BLOCK):
        content = bytes(ram.bytes[block : block + BLOCK])
        if content == ZERO_BLOCK:
            continue
        for offset in range(0, len(content), PAGE_SIZE):
            page = content[offset : offset + PAGE_SIZE]
            if page != ZERO_PAGE:
                number = (block + offset) // PAGE_SIZE
                found[number] = known[number] if known.get(number) == page else page
    return found


def apply(ram: Ram, pages: Pages) -> None:
    """Make RAM hold these pages and be zero elsewhere; write only what differs."""
    present = gather(ram, pages)
    for number in present.keys() - pages.keys():
        _write(ram, number, ZERO_PAGE)
    for number, page in pages.items():
        if present.get(number) is not page:
            _write(ram, number, page)


def _write(ram: Ram, number: int, page: bytes) -> None:
    ram.bytes[number * PAGE_SIZE : (number + 1) * PAGE_SIZE] = page
