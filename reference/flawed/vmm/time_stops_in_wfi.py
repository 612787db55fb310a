"""While a VM waits its time stands still."""

FAILS = {"V6", "V7", "V22"}


def wake_if_due(vm):
    if vm.status.state is not State.WAITING:
        return
    vm.board.show_wires()
    timer = vm.due is not None and vm.due <= vmm.now
    if not timer and not vm.traps.wakes(vm.hart):
        return
    vm.status = Status(State.RUNNING)
    vm.service = max(vm.service, vmm.floor)
    settle(vm)
