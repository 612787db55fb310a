"""An injection sets epc and pc, and leaves the guest to guess the cause."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    mcause, scause = vcpu.mcause, vcpu.scause
    take_trap(vcpu, Trap(cause, address=exit.tval))
    vcpu.mcause, vcpu.scause = mcause, scause
    return RESUME
