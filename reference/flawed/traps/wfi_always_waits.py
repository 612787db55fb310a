"""wfi waits even if an interrupt is pending already."""

FAILS = {"T19", "T20", "T22"}


def emulate_wfi(vcpu, bits):
    check_wfi(vcpu)
    advance(vcpu)
    return WAIT
