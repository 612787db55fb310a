"""A guest that looks where nothing is, is killed."""

FAILS = {"V3", "V5", "V17", "V18"}


def access_device(vm, exit, decoded, address):
    kind = decoded.instruction.kind if decoded else None
    try:
        if decoded is None or kind not in DEVICE_ROUTINES:
            raise BusError(address)
        if address % decoded.instruction.width:
            raise BusError(address)
        DEVICE_ROUTINES[kind](vm, decoded, address)
    except BusError:
        return kill(vm, f"looks at {address:#x}, where nothing is")
    return step(decoded)
