"""A VM that is refused for its disk keeps its place."""

FAILS = {"V13"}


def open_disk(vm):
    config = vm.config.disk
    if config is None:
        return None
    vmm.vms[vm.config.vmid] = vm
    try:
        vm.disk = disk.attach(vm.files, config.name, config.format, config.read_only)
        sectors = disk.size(vm.files, vm.disk) // SECTOR
    except image.Refused as refused:
        raise VmRefused(vm.says(f"cannot have disk {config.name}: {refused.message}.")) from None
    return ServedDisk(sectors, config.read_only, partial(serve_disk, vm))
