"""The pager is told of the mode, but not of SUM and MXR."""

FAILS = {"V3", "V10", "V16", "V19", "V21", "V22"}


def tell_pager(vm):
    hart = vm.hart
    told = hart.satp, hart.mode, 0
    if told == vm.told:
        return
    if told[0] != vm.told[0]:
        vm.pager.write_satp(vm.memory, hart.satp)
    if told[1:] != vm.told[1:]:
        vm.pager.set_mode(vm.memory, hart.mode, bool(hart.mstatus & SUM), bool(hart.mstatus & MXR))
    vm.told = told
