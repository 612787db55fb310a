"""The three kinds of memory access, and which exception each raises when it goes wrong."""

from __future__ import annotations

from enum import Enum

from .trap import Exc, Trap


class Access(Enum):
    """Why memory is accessed. LR loads; SC and the AMOs store, also where they read."""

    FETCH = (Exc.INSTRUCTION_MISALIGNED, Exc.INSTRUCTION_ACCESS, Exc.INSTRUCTION_PAGE)
    LOAD = (Exc.LOAD_MISALIGNED, Exc.LOAD_ACCESS, Exc.LOAD_PAGE)
    STORE = (Exc.STORE_MISALIGNED, Exc.STORE_ACCESS, Exc.STORE_PAGE)

    def __init__(self, misaligned: Exc, access_fault: Exc, page_fault: Exc) -> None:
        self.misaligned = misaligned
        self.access_fault = access_fault
        self.page_fault = page_fault

    __hash__ = object.__hash__  # that of an enumeration is a function in Python


class TrapRaised(Exception):
    """The instruction at the hart's pc raised `trap`; it changed nothing and did not retire."""

    def __init__(self, trap: Trap) -> None:
        self.trap = trap
