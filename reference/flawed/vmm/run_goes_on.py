"""A turn that has begun is ended, though the time of `run` has come."""

FAILS = {"V17", "V20"}


def take_turn(vm, until):
    over = vmm.now + vmm.resources.quantum
    while vmm.now < over and vm.status.state is State.RUNNING:
        enter(vm, over - vmm.now)
