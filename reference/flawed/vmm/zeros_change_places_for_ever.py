"""A page that came back for an instruction is taken again for another page of the same one."""

FAILS = {"V20"}


def come_back(vm, address):
    if vm.resident >= vm.promised and shrink(vm, vm.promised - 1) >= vm.promised:
        return kill(vm, f"needs more than the {vm.promised} frames that its balloon leaves it")
    page = address & ~(PAGE_SIZE - 1)
    frame = take_frame()
    vm.frames[page - RAM_BASE >> PAGE_SHIFT] = frame
    vm.pager.give_frame(vm.memory, page, frame)
    return RETRY
