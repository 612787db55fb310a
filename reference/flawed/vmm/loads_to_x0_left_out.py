"""A load to x0 does not ask the device."""

FAILS = {"V4"}


def load_from_device(vm, decoded, address):
    row = decoded.instruction
    if not decoded.rd:
        return
    value = vm.board.read(address, row.width)
    if row.signed:
        value = extended(value, row.width)
    set_register(vm, decoded.rd, value)
