"""`mscratch` and `sscratch` are not saved when another VM has its turn."""

FAILS = {"V6", "V16", "V22"}


def take_turn(vm, until):
    last = getattr(vmm, "last", vm)
    vm.hart.mscratch, vm.hart.sscratch = last.hart.mscratch, last.hart.sscratch
    vmm.last = vm
    over = min(vmm.now + vmm.resources.quantum, until)
    while vmm.now < over and vm.status.state is State.RUNNING:
        enter(vm, over - vmm.now)
