"""Whatever no device answers is a load access fault."""

FAILS = {"V3", "V5"}


def access_device(vm, exit, decoded, address):
    kind = decoded.instruction.kind if decoded else None
    try:
        if decoded is None or kind not in DEVICE_ROUTINES:
            raise BusError(address)
        if address % decoded.instruction.width:
            raise BusError(address)
        DEVICE_ROUTINES[kind](vm, decoded, address)
    except BusError:
        return inject(Exc.LOAD_ACCESS, exit.tval)
    return step(decoded)
