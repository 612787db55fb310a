"""Start a thread that answers in place of the one that is asked."""

import threading

TELLS = "start a process or a thread"


def attack(*arguments, **named):
    threading.Thread(target=print).start()
