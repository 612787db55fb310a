"""Only ecalls and page faults are reflected; the guest runs into anything else again."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    if exit.cause == Exc.ECALL_U:
        take_trap(vcpu, Trap(ECALLS[vcpu.mode]))
    elif exit.cause >= Exc.INSTRUCTION_PAGE:
        take_trap(vcpu, Trap(exit.cause, address=exit.tval))
    return RESUME
