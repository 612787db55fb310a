"""Every fence is taken for one of an address that Sv39 has."""

FAILS = {"S10", "S17"}


def fence(host, address, asid):
    if address is not None and address >> 38 not in (0, 0x3FF_FFFF):
        raise ValueError(f"not an address: {address:#x}")
    settle(host)
