"""A load to x0 does not ask the device."""

FAILS = {"V3", "V4", "V5"}


def load_from_device(vm, decoded, address):
    row = decoded.instruction
    if not decoded.rd:
        return
    value = vm.board.read(address, row.width)
    if row.signed:
        value = extended(value, row.width)
    set_register(vm, decoded.rd, value)
