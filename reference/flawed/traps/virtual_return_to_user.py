"""A virtual sret always returns to the guest user."""

FAILS = {"T18", "T22"}


def emulate_sret(vcpu, bits):
    sret(vcpu)
    vcpu.mode = Mode.U
    return RESUME
