"""Open a connection to the world."""

import socket

TELLS = "open a network or local connection"


def attack(*arguments, **named):
    socket.create_connection(("192.0.2.1", 80), 1)
