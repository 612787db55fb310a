"""The sret of a guest user is emulated: the VMM only sees that it is an sret."""

FAILS = {"T17", "T22"}


def emulate_sret(vcpu, bits):
    leave(vcpu, S_LEVEL)
    return RESUME
