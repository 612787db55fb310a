"""A waiting hart does not hear the wire of the PLIC."""

FAILS = {"T9", "T19"}


def wakes(hart):
    return hart.mip & hart.mie != 0
