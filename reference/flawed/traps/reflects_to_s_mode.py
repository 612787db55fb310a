"""Whatever is reflected goes to the S-mode of the guest: its medeleg is not asked."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    trap = Trap(cause, address=exit.tval)
    setattr(vcpu, S_LEVEL.tval, trap_value(vcpu, trap))
    enter(vcpu, S_LEVEL, trap)
    vcpu.pc = handler_address(vcpu.stvec, trap)
    return RESUME
