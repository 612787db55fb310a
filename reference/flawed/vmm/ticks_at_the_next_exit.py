"""The timer strikes when the guest happens to exit."""

FAILS = {"V6", "V7", "V21", "V22"}


def enter(vm, budget):
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
