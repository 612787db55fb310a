"""address + length is computed with 64 bits, and wraps."""

FAILS = {"D17"}


def ram(address: int, length: int) -> memoryview:
    """Return a piece of the guest's RAM. Raise Broken unless all of it is RAM (D17)."""
    start = address - RAM_BASE
    if start < 0 or (address + length & (1 << 64) - 1) > RAM_BASE + len(host.memory):
        raise Broken(f"{length} bytes at {address:#x} are not all in RAM")
    return host.memory[start : start + length]
