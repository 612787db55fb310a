"""Everything with opcode SYSTEM and funct3 other than 0 is taken for a CSR instruction."""

FAILS = {"T15"}


def routine_for(bits):
    if bits & 0x7F == 0x73 and bits >> 12 & 7:
        return emulate_csr
    for mask, match, routine in ROUTINES:
        if bits & mask == match:
            return routine
    raise IllegalInstruction("unknown")
