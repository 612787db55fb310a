"""sfence.vma with rs1 = x0 fences the address 0."""

FAILS = {"T19"}


def emulate_sfence(vcpu, bits):
    rs1, rs2 = bits >> 15 & 31, bits >> 20 & 31
    check_sfence(vcpu)
    asid = vcpu.x[rs2] & 0xFFFF if rs2 else None
    advance(vcpu)
    return Action(Act.FENCE, vcpu.x[rs1], asid)
