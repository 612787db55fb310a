"""Existence is not checked: any number in the range of the mode will do."""

FAILS = {"T10", "T17"}


def check_csr(hart, number, write):
    if hart.mode < number >> 8 & 0b11:
        raise IllegalInstruction("privileged")
    if write and number >> 10 == 0b11:
        raise IllegalInstruction("read-only")
    if number == csrs.SATP:
        need_supervisor(hart, TVM, "satp")
    if counter_hidden(hart, number):
        raise IllegalInstruction("hidden")
