"""A disk for reading is opened for writing."""

FAILS = {"V12"}


def open_disk(vm):
    config = vm.config.disk
    if config is None:
        return None
    try:
        size = vmm.store.size(config.name)
        if size is not None and size > config.quota:
            raise image.Refused(image.Reason.FAILED, f"{config.name} is larger than its quota")
        vm.disk = disk.attach(vm.files, config.name, config.format, False)
        sectors = disk.size(vm.files, vm.disk) // SECTOR
    except image.Refused as refused:
        raise VmRefused(vm.says(f"cannot have disk {config.name}: {refused.message}.")) from None
    return ServedDisk(sectors, False, partial(serve_disk, vm))
