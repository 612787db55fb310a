"""Shadows are kept by satp and mode: SUM and MXR count when a leaf is filled, not later."""

FAILS = {"S4", "S17"}


class View(NamedTuple):
    satp: int
    user: bool
    sum: bool
    mxr: bool

    def __eq__(self, other):
        return self[:2] == other[:2]

    def __hash__(self):
        return hash(self[:2])
