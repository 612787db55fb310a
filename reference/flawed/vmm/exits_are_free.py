"""Only instructions are counted as use of the processor, not exits."""

FAILS = {"V18"}


def enter(vm, budget):
    for ticks, _ in vm.board.strikes():
        budget = min(budget, ticks)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.service += exit.retired * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
