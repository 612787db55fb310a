"""TVM is looked at for sfence.vma, but not for satp."""

FAILS = {"T10"}


def check_csr(hart, number, write):
    if not csrs.exists(number):
        raise IllegalInstruction("no such CSR")
    if hart.mode < number >> 8 & 0b11:
        raise IllegalInstruction("privileged")
    if write and number >> 10 == 0b11:
        raise IllegalInstruction("read-only")
    if counter_hidden(hart, number):
        raise IllegalInstruction("hidden")
