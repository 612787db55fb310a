"""A guest may access every CSR that exists, in every virtual mode."""

FAILS = {"T17", "T22"}


def emulate_csr(vcpu, bits):
    number, rs1, funct3, rd = bits >> 20, bits >> 15 & 31, bits >> 12 & 7, bits >> 7 & 31
    replaces, sets = funct3 & 0b11 == 1, funct3 & 0b11 == 2
    operand = rs1 if funct3 & 0b100 else vcpu.x[rs1]
    writes = replaces or rs1 != 0
    if not csrs.exists(number) or (writes and number >> 10 == 3):
        raise IllegalInstruction("no such CSR")
    old = csrs.read(vcpu, number)
    if writes:
        kept = csrs.stored(vcpu, number)
        new = operand if replaces else kept | operand if sets else kept & ~operand
        csrs.write(vcpu, number, new)
    if rd != 0:
        vcpu.x[rd] = old
    advance(vcpu)
    return RESUME
