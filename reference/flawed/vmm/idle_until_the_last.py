"""If all wait, the clock goes on to the last timer."""

FAILS = {"V9"}


def wait(until):
    waiting = [vm for vm in vmm.vms.values() if vm.status.state is State.WAITING]
    timers = [vm.due for vm in waiting if vm.due is not None]
    if not waiting or not vmm.host.idle(min(max(timers), until) if timers else None):
        return False
    vmm.now = vmm.host.time()
    input_came(waiting[0], Exit(Irq.MEI, interrupt=True))
    return True
