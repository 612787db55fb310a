"""Make a pair of sockets, to pass descriptors over."""

import socket

TELLS = "open a network or local connection"


def attack(*arguments, **named):
    socket.socketpair()
