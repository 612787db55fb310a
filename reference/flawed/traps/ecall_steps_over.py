"""The epc of a reflected ecall is the instruction after it."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    cause = exit.cause
    if cause == Exc.ECALL_U:
        cause = ECALLS[vcpu.mode]
        advance(vcpu)
    take_trap(vcpu, Trap(cause, address=exit.tval))
    return RESUME
