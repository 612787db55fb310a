"""Leave a second name of a file that is not its own."""

import os

TELLS = "change the file system"


def attack(*arguments, **named):
    os.link("/etc/passwd", "passwd")
