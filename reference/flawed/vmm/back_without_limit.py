"""A VM gets back what the balloon took, whatever it is promised."""

FAILS = {"V20"}


def come_back(vm, address):
    page = address & ~(PAGE_SIZE - 1)
    frame = take_frame()
    vm.frames[page - RAM_BASE >> PAGE_SHIFT] = frame
    vm.pager.give_frame(vm.memory, page, frame)
    return RETRY
