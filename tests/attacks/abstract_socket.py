"""Take the names by which the grader holds its uids."""

import socket

TELLS = "open a network or local connection"


def attack(*arguments, **named):
    socket.socket(socket.AF_UNIX).bind("\0vmlab-worker-64000")
