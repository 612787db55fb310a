"""The disk is given the host's RAM, as if the guest's addresses were the host's."""

FAILS = {"V11", "V12", "V16", "V20", "V21", "V22"}


def serve_disk(vm, queue):
    disk.serve(vm.files, vmm.memory, vm.disk, queue)
