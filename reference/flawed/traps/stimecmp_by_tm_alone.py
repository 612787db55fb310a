"""S-mode reaches stimecmp while mcounteren shows the time, whether or not STCE is set."""

FAILS = {"T10"}


def counter_hidden(hart, number):
    if hart.mode == Mode.M:
        return False
    shown = hart.mcounteren
    if number == csrs.STIMECMP:
        return not shown & csrs.TM
    if hart.mode == Mode.U:
        shown &= hart.scounteren
    return 0xC00 <= number < 0xC20 and not shown >> (number & 0x1F) & 1
