"""The processor is taken back every 200 instructions, to be on the safe side."""

FAILS = {"V21"}


def enter(vm, budget):
    budget = min(budget, 200)
    for ticks, _ in vm.board.strikes():
        budget = min(budget, ticks)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
