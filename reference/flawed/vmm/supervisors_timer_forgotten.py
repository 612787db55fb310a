"""Only `mtimecmp` is looked at, not `stimecmp`."""

FAILS = {"V7", "V21"}


def enter(vm, budget):
    for ticks, interrupt in vm.board.strikes():
        if interrupt != Irq.MTI:
            continue
        budget = min(budget, ticks)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
