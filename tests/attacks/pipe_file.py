"""Leave a pipe that hangs whoever opens it."""

import os

TELLS = "change the file system"


def attack(*arguments, **named):
    os.mkfifo("results.json")
