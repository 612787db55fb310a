"""An injection into S-mode always sets SPP = S."""

FAILS = {"T14", "T22"}


def reflect(vcpu, exit):
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    take_trap(vcpu, Trap(cause, address=exit.tval))
    if vcpu.mode == Mode.S:
        vcpu.mstatus = set_field(vcpu.mstatus, SPP, 1)
    return RESUME
