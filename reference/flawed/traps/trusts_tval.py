"""The instruction is taken from tval, which may be 0."""

FAILS = {"T15", "T21", "T22"}


def trapped_instruction(vcpu, exit, guest):
    return exit.tval if exit.tval & 0b11 == 0b11 else exit.tval & 0xFFFF
