"""Messages between the grader and its zygote: JSON behind 4 bytes of length, descriptors along."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

HEADER = 4
DESCRIPTORS_MOST = 8


class Closed(Exception):
    """The other end has closed."""


def send(sock: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; the descriptors travel with its first byte."""
    body = json.dumps(message).encode()
    data = memoryview(len(body).to_bytes(HEADER, "big") + body)
    sent = socket.send_fds(sock, [data], list(descriptors)) if descriptors else sock.send(data)
    sock.sendall(data[sent:])


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one message and its descriptors. Raise Closed."""
    header, descriptors, _, _ = socket.recv_fds(sock, HEADER, DESCRIPTORS_MOST)
    while len(header) < HEADER:
        header += _some(sock, HEADER - len(header))
    body = b""
    missing = int.from_bytes(header, "big")
    while len(body) < missing:
        body += _some(sock, missing - len(body))
    return json.loads(body), descriptors


def _some(sock: socket.socket, count: int) -> bytes:
    chunk = sock.recv(count)
    if not chunk:
        raise Closed
    return chunk
