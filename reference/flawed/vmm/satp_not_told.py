"""The pager does not hear of a new satp."""

FAILS = {"V3", "V5", "V7", "V10", "V11", "V16", "V19", "V21", "V22"}


def tell_pager(vm):
    hart = vm.hart
    told = hart.satp, hart.mode, hart.mstatus & (SUM | MXR)
    if told[1:] != vm.told[1:]:
        vm.pager.set_mode(vm.memory, hart.mode, bool(hart.mstatus & SUM), bool(hart.mstatus & MXR))
    vm.told = told
