"""After a virtual sret or mret pc is advanced, as after other instructions."""

FAILS = {"T18", "T21", "T22"}


def emulate_sret(vcpu, bits):
    sret(vcpu)
    advance(vcpu)
    return RESUME


def emulate_mret(vcpu, bits):
    mret(vcpu)
    advance(vcpu)
    return RESUME
