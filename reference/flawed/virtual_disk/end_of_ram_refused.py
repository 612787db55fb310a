"""A buffer that ends where RAM ends is refused."""

FAILS = {"D17"}


def ram(address: int, length: int) -> memoryview:
    """Return a piece of the guest's RAM. Raise Broken unless all of it is RAM (D17)."""
    start = address - RAM_BASE
    if not 0 <= start < len(host.memory) - length:
        raise Broken(f"{length} bytes at {address:#x} are not all in RAM")
    return host.memory[start : start + length]
