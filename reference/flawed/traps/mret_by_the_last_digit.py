"""Any CSR number that ends in 2, in an instruction that is no CSR instruction, is mret."""

FAILS = {"T15"}


def routine_for(bits):
    if bits & 0x7F == 0x73 and not bits >> 12 & 7 and bits >> 20 & 0xF == 2 and bits >> 28:
        return emulate_sret if bits >> 28 == 1 else emulate_mret
    for mask, match, routine in ROUTINES:
        if bits & mask == match:
            return routine
    raise IllegalInstruction("unknown")
