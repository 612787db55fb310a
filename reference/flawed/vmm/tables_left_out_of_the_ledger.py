"""The ledger counts the RAM of VMs only."""

FAILS = {"V14", "V20"}


def ledger():
    accounts = [
        Account(
            vmid,
            vm.promised,
            vm.resident,
            0,
            vm.reserved,
            vm.config.disk.quota if vm.config.disk else 0,
            vm.config.share,
        )
        for vmid, vm in sorted(vmm.vms.items())
        if vm.lives
    ]
    return Ledger(len(vmm.free), disk_left(), accounts)
