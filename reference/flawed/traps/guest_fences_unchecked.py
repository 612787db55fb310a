"""The sfence.vma of a guest user, or under its TVM, is done."""

FAILS = {"T17", "T22"}


def emulate_sfence(vcpu, bits):
    advance(vcpu)
    return Action(Act.FENCE)
