"""An injected fault has a cause, but not the address that failed."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    take_trap(vcpu, Trap(cause))
    return RESUME
