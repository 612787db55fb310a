"""What a VM had stays its own when it ends."""

FAILS = {"V13", "V14", "V15", "V19", "V20"}


def end(vm, status):
    vm.status = status
    vm.pager.stop(vm.memory)
    if vm.disk is not None:
        with suppress(image.Refused):
            disk.detach(vm.files, vm.disk)
