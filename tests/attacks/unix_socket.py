"""Talk to Docker's engine, which is root."""

import socket

TELLS = "open a network or local connection"


def attack(*arguments, **named):
    socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")
