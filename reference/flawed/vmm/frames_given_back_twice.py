"""A VM that has ended gives its frames back again when it is destroyed."""

FAILS = {"V14", "V15", "V19", "V20"}


def end(vm, status):
    vm.status = status
    vm.pager.stop(vm.memory)
    vmm.free += [frame for frame in vm.frames if frame is not None]
    if vm.disk is not None:
        with suppress(image.Refused):
            disk.detach(vm.files, vm.disk)


def destroy(host, store, vmid):
    vmm.host, vmm.store = host, store
    vm = find(vmid)
    end(vm, Status(State.OFF))
    del vmm.vms[vmid]
