"""The clock of a VM goes on while others run."""

FAILS = {"V6", "V7", "V22"}


def enter(vm, budget):
    vm.board.clock.skip(max(0, vmm.now - getattr(vm, "left", vmm.now)))
    vm.board.show_wires()
    for ticks, _ in vm.board.strikes():
        budget = min(budget, ticks)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1
    vmm.now += spent
    vm.left = vmm.now
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    dispatch(vm, exit)
