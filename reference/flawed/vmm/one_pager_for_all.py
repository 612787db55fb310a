"""One pager serves all VMs."""

FAILS = {
    "V6",
    "V7",
    "V8",
    "V9",
    "V11",
    "V12",
    "V14",
    "V15",
    "V16",
    "V17",
    "V18",
    "V19",
    "V20",
    "V22",
}


def create(host, store, config):
    vmm.host, vmm.store = host, store
    wrong = problem(config)
    if wrong is not None:
        raise VmRefused(f"VM {config.name} {wrong}.")
    vm = Vm(config, [], config.pages, tables_for(config.pages))
    drive = open_disk(vm)
    vm.board = VirtualBoard(vm.hart, partial(host_line, config.vmid), drive, partial(look, vm))
    vm.frames += [take_frame() for _ in range(config.pages)]
    for segment in config.segments:
        done = 0
        for address, length in in_pages(segment.address, len(segment.contents)):
            place = host_address(vm, address)
            assert place is not None
            at = place - RAM_BASE
            vmm.memory[at : at + length] = segment.contents[done : done + length]
            done += length
    vm.hart.pc = config.entry
    vm.service = vmm.floor
    if vmm.vms:
        vm.pager = next(iter(vmm.vms.values())).pager
    vm.pager.start(vmm.memory, GuestRam(RAM_BASE, list(vm.frames)))
    vmm.vms[config.vmid] = vm
