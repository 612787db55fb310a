"""An injection leaves the interrupt enable of the guest as it was."""

FAILS = {"T14"}


def reflect(vcpu, exit):
    cause = ECALLS[vcpu.mode] if exit.cause == Exc.ECALL_U else exit.cause
    sie = get_field(vcpu.mstatus, SIE)
    take_trap(vcpu, Trap(cause, address=exit.tval))
    vcpu.mstatus = set_field(vcpu.mstatus, SIE, sie)
    return RESUME
