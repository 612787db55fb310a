"""Fetched instructions are remembered by address, for all guests and for ever."""

FAILS = {"T15", "T21"}


def trapped_instruction(vcpu, exit, guest, fetched={}):  # noqa: B006
    if exit.tval:
        bits = exit.tval
    elif vcpu.pc in fetched:
        bits = fetched[vcpu.pc]
    else:
        bits = fetched[vcpu.pc] = guest.fetch(vcpu.pc)
    return bits if bits & 0b11 == 0b11 else bits & 0xFFFF
