"""Whether a CSR is privileged is judged by its number being greater than 0x50."""

FAILS = {"T10"}


def check_csr(hart, number, write):
    if not csrs.exists(number):
        raise IllegalInstruction("no such CSR")
    if hart.mode == Mode.U and 0x50 < number < 0xC00:
        raise IllegalInstruction("privileged")
    if hart.mode == Mode.S and 0x200 < number < 0xC00:
        raise IllegalInstruction("privileged")
    if write and number >> 10 == 0b11:
        raise IllegalInstruction("read-only")
    if number == csrs.SATP:
        need_supervisor(hart, TVM, "satp")
    if counter_hidden(hart, number):
        raise IllegalInstruction("hidden")
