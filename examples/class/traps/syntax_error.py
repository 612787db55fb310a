"""Ends in the middle of a thought."""


def wakes(hart):
    return hart.mip & hart.mie != 0


def take_trap(hart, trap)
    hart.pc = hart.mtvec
