"""A VM in `wfi` is woken by its timers only."""

FAILS = {"V8"}


def wake_if_due(vm):
    if vm.status.state is not State.WAITING:
        return
    vm.board.show_wires()
    timer = vm.due is not None and vm.due <= vmm.now
    if not timer:
        return
    woken = vmm.now if vm.due is None else min(vmm.now, vm.due)
    vm.board.clock.skip(woken - vm.slept)
    vm.status = Status(State.RUNNING)
    vm.service = max(vm.service, vmm.floor)
    settle(vm)
