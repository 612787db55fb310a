"""A guest that does what it may not is stopped for good."""

FAILS = {"T15", "T16", "T17", "T21", "T22"}


def emulate(vcpu, exit, guest):
    try:
        bits = trapped_instruction(vcpu, exit, guest)
        return routine_for(bits)(vcpu, bits)
    except GuestFault as fault:
        take_trap(vcpu, fault.trap)
        return RESUME
    except IllegalInstruction:
        return WAIT
