"""The address space of a fence is all of rs2."""

FAILS = {"T19"}


def emulate_sfence(vcpu, bits):
    rs1, rs2 = bits >> 15 & 31, bits >> 20 & 31
    check_sfence(vcpu)
    address = vcpu.x[rs1] if rs1 else None
    asid = vcpu.x[rs2] if rs2 else None
    advance(vcpu)
    return Action(Act.FENCE, address, asid)
