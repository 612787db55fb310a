"""A VM that ends keeps its shadow tables."""

FAILS = {"V2", "V14", "V19", "V20"}


def end(vm, status):
    vm.status = status
    vmm.free += [frame for frame in vm.frames if frame is not None]
    vm.frames = [None] * len(vm.frames)
    if vm.disk is not None:
        with suppress(image.Refused):
            disk.detach(vm.files, vm.disk)
