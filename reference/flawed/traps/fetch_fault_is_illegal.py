"""If the fetch of the instruction faults, the guest gets an illegal instruction."""

FAILS = {"T15"}


def emulate(vcpu, exit, guest):
    bits = exit.tval
    try:
        bits = trapped_instruction(vcpu, exit, guest)
        return routine_for(bits)(vcpu, bits)
    except (GuestFault, IllegalInstruction):
        take_trap(vcpu, Trap(Exc.ILLEGAL_INSTRUCTION, instruction=bits))
    return RESUME
