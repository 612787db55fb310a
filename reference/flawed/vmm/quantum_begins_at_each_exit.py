"""The quantum begins anew at every exit, so a storm of exits starves the others."""

FAILS = {"V17", "V18"}


def take_turn(vm, until):
    while vmm.now < until and vm.status.state is State.RUNNING:
        before = vmm.now
        enter(vm, min(vmm.resources.quantum, until - vmm.now))
        if vmm.now - before >= vmm.resources.quantum:
            return
