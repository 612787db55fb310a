"""Listen to everything on the wire."""

import socket

TELLS = "open a network or local connection"


def attack(*arguments, **named):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
