"""The disk of a VM that has ended stays locked."""

FAILS = {"V13", "V14"}


def end(vm, status):
    vm.status = status
    vm.pager.stop(vm.memory)
    vmm.free += [frame for frame in vm.frames if frame is not None]
    vm.frames = [None] * len(vm.frames)
