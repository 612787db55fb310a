"""Precomputes what every access may answer."""

TABLE = [None] * (1 << 32)  # every CSR number, mode and a few values


def wakes(hart):
    return hart.mip & hart.mie != 0
