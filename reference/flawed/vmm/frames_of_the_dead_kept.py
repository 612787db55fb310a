"""What a VM had stays its own when it ends."""

FAILS = {"V14"}


def end(vm, status):
    vm.status = status
    vm.pager.stop(vm.memory)
    if vm.disk is not None:
        with suppress(image.Refused):
            disk.detach(vm.files, vm.disk)
