"""Take all memory."""

TELLS = ""


def attack(*arguments, **named):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
