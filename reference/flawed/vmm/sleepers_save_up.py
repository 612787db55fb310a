"""A VM that slept gets all that it missed, at once."""

FAILS = {"V18"}


def wake_if_due(vm):
    if vm.status.state is not State.WAITING:
        return
    vm.board.show_wires()
    timer = vm.due is not None and vm.due <= vmm.now
    if not timer and not vm.traps.wakes(vm.hart):
        return
    woken = vmm.now if vm.due is None else min(vmm.now, vm.due)
    vm.board.clock.skip(woken - vm.slept)
    vm.status = Status(State.RUNNING)
    settle(vm)
