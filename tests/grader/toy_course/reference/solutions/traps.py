"""The toy's solution: only two of the functions."""


def wakes(hart):
    return bool(hart.mip & hart.mie)


def choose_interrupt(hart):
    pending = hart.mip & hart.mie
    return (pending & -pending).bit_length() - 1 if pending else None
