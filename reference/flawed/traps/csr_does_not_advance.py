"""The pc stays at the emulated CSR instruction."""

FAILS = {"T15", "T16", "T17", "T20", "T22"}


def emulate_csr(vcpu, bits):
    number, rs1, funct3, rd = bits >> 20, bits >> 15 & 31, bits >> 12 & 7, bits >> 7 & 31
    replaces, sets = funct3 & 0b11 == 1, funct3 & 0b11 == 2
    operand = rs1 if funct3 & 0b100 else vcpu.x[rs1]
    writes = replaces or rs1 != 0
    check_csr(vcpu, number, writes)
    old = csrs.read(vcpu, number)
    if writes:
        kept = csrs.stored(vcpu, number)
        new = operand if replaces else kept | operand if sets else kept & ~operand
        csrs.write(vcpu, number, new)
    if rd != 0:
        vcpu.x[rd] = old
    return RESUME
