"""An illegal 16-bit instruction is reported with the 16 bits behind it."""

FAILS = {"T15"}


def trapped_instruction(vcpu, exit, guest):
    return exit.tval or guest.fetch(vcpu.pc)
