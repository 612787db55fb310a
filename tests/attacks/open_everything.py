"""Use up every descriptor."""

TELLS = ""


def attack(*arguments, **named):
    kept = []
    while True:
        kept.append(open("/dev/null"))
