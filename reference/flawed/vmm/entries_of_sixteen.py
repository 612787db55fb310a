"""The guest is entered for 16 instructions at a time."""

FAILS = {"V21"}


def enter(vm, budget):
    for ticks, _ in vm.board.strikes():
        budget = min(budget, ticks)
    budget = min(budget, 16)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
