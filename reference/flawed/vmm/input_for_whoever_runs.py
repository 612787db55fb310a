"""Input goes to the VM that the host was in when it came."""

FAILS = {"V8", "V22"}


def input_came(vm, exit):
    while (received := vmm.host.receive()) is not None:
        vm.board.uart.feed(bytes([received[1]]))
    return RETRY
