"""An access that no device answers is stepped over before the guest is told."""

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
        if decoded is not None:
            vm.hart.pc = vm.hart.pc + decoded.length & MASK64
        return inject(ACCESSES[exit.cause].access_fault, exit.tval)
    return step(decoded)
