"""The pager is not told of modes, but for M and not M."""

FAILS = {"V3", "V5", "V7", "V10", "V11", "V14", "V16", "V19", "V21", "V22"}


def tell_pager(vm):
    hart = vm.hart
    mode = Mode.M if hart.mode is Mode.M else Mode.U
    told = hart.satp, mode, hart.mstatus & (SUM | MXR)
    if told == vm.told:
        return
    if told[0] != vm.told[0]:
        vm.pager.write_satp(vm.memory, hart.satp)
    if told[1:] != vm.told[1:]:
        vm.pager.set_mode(vm.memory, mode, bool(hart.mstatus & SUM), bool(hart.mstatus & MXR))
    vm.told = told
