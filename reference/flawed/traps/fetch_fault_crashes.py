"""A fault at the fetch of the instruction is not expected."""

FAILS = {"T15"}


def emulate(vcpu, exit, guest):
    bits = trapped_instruction(vcpu, exit, guest)
    try:
        return routine_for(bits)(vcpu, bits)
    except IllegalInstruction:
        take_trap(vcpu, Trap(Exc.ILLEGAL_INSTRUCTION, instruction=bits))
    return RESUME
