"""Write what moves cursors, hides text and breaks JSON."""

TELLS = ""


def attack(*arguments, **named):
    print("\x1b[2J\x1b]0;passed\x07\u202e\x00")
    raise RuntimeError("\x1b[31m\u202epassed\ud800")
