"""A timer that is set anew leaves its old request pending."""

FAILS = {"V4", "V6", "V7", "V9", "V10", "V14", "V15", "V16", "V19", "V22"}


def settle(vm):
    hart = vm.hart
    pending = hart.mip & 1 << Irq.MTI
    vm.board.show_wires()
    hart.mip |= pending
    if vm.status.state is State.RUNNING:
        due = vm.traps.choose_interrupt(hart)
        if due is not None:
            vm.traps.take_trap(hart, Trap(due, interrupt=True))
            went_on(vm)
    tell_pager(vm)
