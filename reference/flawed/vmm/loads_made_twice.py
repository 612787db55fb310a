"""A load looks at the device first, to see whether anything answers, and then loads."""

FAILS = {"V4", "V8", "V11", "V16", "V21", "V22"}


def load_from_device(vm, decoded, address):
    row = decoded.instruction
    vm.board.read(address, row.width)
    value = vm.board.read(address, row.width)
    if row.signed:
        value = extended(value, row.width)
    set_register(vm, decoded.rd, value)
