"""Every VM gets the same."""

FAILS = {"V18"}


def next_vm():
    ready = [vm for vm in vmm.vms.values() if vm.status.state is State.RUNNING]
    if not ready:
        return None
    return min(ready, key=lambda vm: vm.service * vm.config.share)
