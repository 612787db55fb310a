"""What the disk reads into a page that has no frame is dropped."""

FAILS = {"V20"}


def serve_disk(vm, queue):
    copy = memoryview(bytearray(PAGE_SIZE * len(vm.frames)))
    pages = {page: look(vm, RAM_BASE + page, PAGE_SIZE) for page in reached(vm, queue)}
    for page, held in pages.items():
        copy[page : page + PAGE_SIZE] = held
    disk.serve(vm.files, copy, vm.disk, queue)
    for page, held in pages.items():
        now = copy[page : page + PAGE_SIZE]
        place = host_address(vm, RAM_BASE + page)
        if now == held or place is None:
            continue
        vmm.memory[place - RAM_BASE : place - RAM_BASE + PAGE_SIZE] = now
        vm.pager.written(vm.memory, RAM_BASE + page, PAGE_SIZE)
