"""An sfence.vma of the guest does nothing."""

FAILS = {"V3", "V10", "V11", "V22"}


def to_traps(vm, exit):
    before = vm.hart.pc, vm.hart.mode
    action = vm.traps.handle_exit(vm.hart, exit, vmm.host)
    if is_entered(vm, exit, *before):
        trapped(vm)
    else:
        uncount(vm, decode(exit.tval))
        retired(vm)
    return Intent(Do.WAIT) if action.act is Done.WAIT else RETRY
