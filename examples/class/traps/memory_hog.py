"""Precomputes what every CSR access may answer."""

TABLE = {(number, mode): bytearray(1 << 20) for number in range(4096) for mode in range(4)}


def wakes(hart):
    return hart.mip & hart.mie != 0
