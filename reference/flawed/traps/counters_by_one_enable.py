"""U-mode sees a counter if scounteren shows it, whatever mcounteren says."""

FAILS = {"T10"}


def counter_hidden(hart, number):
    if not 0xC00 <= number < 0xC20 or hart.mode == Mode.M:
        return False
    shown = hart.scounteren if hart.mode == Mode.U else hart.mcounteren
    return not shown >> (number & 0x1F) & 1
