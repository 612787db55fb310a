"""Run a program."""

import subprocess

TELLS = "start a process or a thread"


def attack(*arguments, **named):
    subprocess.run(["/bin/cat", "/etc/shadow"])
