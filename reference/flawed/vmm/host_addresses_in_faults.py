"""The guest is told the guest-physical address of a refused access, not the virtual one."""

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
        return inject(ACCESSES[exit.cause].access_fault, address)
    return step(decoded)
