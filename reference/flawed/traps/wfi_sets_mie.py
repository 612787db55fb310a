"""wfi enables interrupts, so that the guest can be woken."""

FAILS = {"T19", "T22"}


def emulate_wfi(vcpu, bits):
    check_wfi(vcpu)
    advance(vcpu)
    vcpu.mstatus |= SIE | MIE
    return RESUME if wakes(vcpu) else WAIT
