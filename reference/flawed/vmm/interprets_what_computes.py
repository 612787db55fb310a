"""After an exit the VMM goes on by itself, as long as the guest only computes."""

FAILS = {"V21"}


def carry_out(vm, intent):
    if intent.do is Do.STEP:
        vm.hart.pc = vm.hart.pc + intent.length & MASK64
        retired(vm)
    elif intent.do is Do.INJECT:
        vm.traps.take_trap(vm.hart, intent.trap)
        trapped(vm)
    elif intent.do is Do.WAIT:
        fall_asleep(vm)
    elif intent.do is Do.STOP:
        end(vm, intent.status)
    code = vm.board.finisher.code
    if code is not None and vm.lives:
        end(vm, Status(State.OFF, code))
    hart = vm.hart
    for _ in range(30):
        if not vm.lives or vm.status.state is not State.RUNNING or vm.board.strikes():
            return
        try:
            decoded = decode(vmm.host.fetch(hart.pc))
        except GuestFault:
            return
        if decoded is None or decoded.instruction.kind is not Kind.COMPUTE:
            return
        row = decoded.instruction
        x = hart.x
        values = {"rs1": x[decoded.rs1], "rs2": x[decoded.rs2], "imm": decoded.imm, "pc": hart.pc}
        result = row.meaning(*(values[need] for need in row.needs))
        set_register(vm, decoded.rd, result & MASK64)
        hart.pc = hart.pc + decoded.length & MASK64
        retired(vm)
