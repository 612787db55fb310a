"""A VM runs until it waits or ends."""

FAILS = {"V7", "V8", "V9", "V17", "V18"}


def take_turn(vm, until):
    while vmm.now < until and vm.status.state is State.RUNNING:
        enter(vm, until - vmm.now)
