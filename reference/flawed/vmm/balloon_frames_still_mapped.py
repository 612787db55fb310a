"""A frame is taken from a VM, but its shadow still leads there."""

FAILS = {"V20"}


def shrink(vm, most, keep=()):
    count = vm.resident
    for number, frame in enumerate(vm.frames):
        if count <= most:
            break
        if frame is not None and number not in keep and holds_zeros(frame):
            vm.frames[number] = None
            vmm.free.append(frame)
            count -= 1
    return count
