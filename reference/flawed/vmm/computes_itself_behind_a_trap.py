"""What stands behind an instruction that traps is interpreted, as long as it only computes."""

FAILS = {"V21"}


def to_traps(vm, exit):
    before = vm.hart.pc, vm.hart.mode
    action = vm.traps.handle_exit(vm.hart, exit, vmm.host)
    if is_entered(vm, exit, *before):
        trapped(vm)
    else:
        uncount(vm, decode(exit.tval))
        retired(vm)
    if action.act is Done.FENCE:
        tell_pager(vm)
        vm.pager.fence(vm.memory, action.address, action.asid)
    if action.act is Done.WAIT:
        return Intent(Do.WAIT)
    hart = vm.hart
    same = (hart.satp, hart.mode, hart.mstatus & (SUM | MXR)) == vm.told
    vm.board.show_wires()
    due = vm.traps.choose_interrupt(hart)
    if not same or hart.pc != before[0] + 4 or due is not None:
        return RETRY
    left = min([ticks for ticks, _ in vm.board.strikes()] + [30]) - 1
    while left > 0:
        try:
            decoded = decode(vmm.host.fetch(hart.pc))
        except GuestFault:
            break
        if decoded is None or decoded.instruction.kind is not Kind.COMPUTE:
            break
        values = {
            "rs1": hart.x[decoded.rs1],
            "rs2": hart.x[decoded.rs2],
            "imm": decoded.imm,
            "pc": hart.pc,
        }
        meaning = decoded.instruction.meaning
        result = meaning(*(values[name] for name in decoded.instruction.needs)) & MASK64
        set_register(vm, decoded.rd, result)
        hart.pc = hart.pc + decoded.length & MASK64
        retired(vm)
        left -= 1
    return RETRY
