"""Writes to read-only CSRs are allowed, and lost."""

FAILS = {"T10", "T13", "T16", "T22"}


def check_csr(hart, number, write):
    if not csrs.exists(number):
        raise IllegalInstruction("no such CSR")
    if hart.mode < number >> 8 & 0b11:
        raise IllegalInstruction("privileged")
    if number == csrs.SATP:
        need_supervisor(hart, TVM, "satp")
    if counter_hidden(hart, number):
        raise IllegalInstruction("hidden")
