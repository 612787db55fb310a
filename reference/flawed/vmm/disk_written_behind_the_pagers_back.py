"""The pager does not hear of what the disk has written to memory."""

FAILS = {"V11"}


def serve_disk(vm, queue):
    copy = memoryview(bytearray(PAGE_SIZE * len(vm.frames)))
    pages = {page: look(vm, RAM_BASE + page, PAGE_SIZE) for page in reached(vm, queue)}
    for page, held in pages.items():
        copy[page : page + PAGE_SIZE] = held
    disk.serve(vm.files, copy, vm.disk, queue)
    for page, held in pages.items():
        now = copy[page : page + PAGE_SIZE]
        if now == held:
            continue
        if vm.frames[page // PAGE_SIZE] is None:
            carry_out(vm, come_back(vm, RAM_BASE + page))
            if not vm.lives:
                return
        at = host_address(vm, RAM_BASE + page) - RAM_BASE
        vmm.memory[at : at + PAGE_SIZE] = now
