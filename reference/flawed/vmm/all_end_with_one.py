"""A VM that is killed takes all with it."""

FAILS = {"V19", "V20"}


def carry_out(vm, intent):
    if intent.do is Do.STEP:
        vm.hart.pc = vm.hart.pc + intent.length & MASK64
        retired(vm)
    elif intent.do is Do.INJECT:
        assert intent.trap is not None
        vm.traps.take_trap(vm.hart, intent.trap)
        trapped(vm)
    elif intent.do is Do.WAIT:
        fall_asleep(vm)
    elif intent.do is Do.STOP:
        assert intent.status is not None
        for each in vmm.vms.values():
            if each.lives and (each is vm or intent.status.state is not State.OFF):
                end(each, intent.status)
    code = vm.board.finisher.code
    if code is not None and vm.lives:
        end(vm, Status(State.OFF, code))
