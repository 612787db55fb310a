"""A balloon is let out though the frames are promised to others."""

FAILS = {"V20"}


def balloon(host, vmid, pages):
    vmm.host = host
    vm = find(vmid)
    if not vm.lives:
        raise VmRefused(vm.says("has ended."))
    wanted = min(pages, len(vm.frames))
    if wanted < 0:
        raise VmRefused(
            vm.says(f"wants {wanted - vm.promised} frames more, and {unpromised()} are left.")
        )
    vm.promised = max(wanted, shrink(vm, wanted))
    return vm.promised
