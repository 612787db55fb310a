"""Turn off every timer and signal, swallow every exception, and never end."""

import signal

signal.setitimer(signal.ITIMER_REAL, 0)
for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGXCPU, signal.SIGINT, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))

TELLS = ""


def attack(*arguments, **named):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
