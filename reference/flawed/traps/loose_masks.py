"""Only opcode, funct3 and the upper twelve bits are decoded; rd and rs1 may be anything."""

FAILS = {"T15"}


def routine_for(bits):
    for mask, match, routine in ROUTINES:
        loose = mask if mask < 1 << 32 and routine is emulate_csr else mask & 0xFFF0_707F
        if routine is emulate_sfence:
            loose = 0xFE00_707F
        if bits & loose == match & loose:
            return routine
    raise IllegalInstruction("unknown")
