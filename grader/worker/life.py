"""A worker's life: behind the walls, import the submission, serve its part."""

from __future__ import annotations

import importlib
import json
import mmap
import os
import socket
import sys
from dataclasses import dataclass
from typing import Any

from vmlab.link import frames
from vmlab.link.blame import Blame
from vmlab.link.interface import Interface
from vmlab.link.serve import Server

from . import compiled, walls
from .descriptors import close_all_but

OUT_OF_MEMORY = 77
"""Exit status of a worker that had not even the memory to say so."""


@dataclass(frozen=True)
class Birth:
    """What a worker is told, once, when it is forked."""

    config: dict[str, Any]
    protocol: type[Any]
    ruleset: int | None
    """Landlock's."""
    code: bytes
    """The submission's, compiled."""
    orders: dict[str, Any]
    descriptors: list[int]
    """Greeting, questions, answers, output and perhaps the guest's memory."""
    kept: set[int]
    """Descriptors that imports need."""


def enter(birth: Birth) -> tuple[Server, str]:
    """Go behind the walls; return what serves the part, and the part's name. Raise OSError."""
    config, orders = birth.config, birth.orders
    greeting, questions, answers, output, *memory = birth.descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    own = {0, 1, 2, greeting, questions, answers, *memory, *birth.kept}
    close_all_but(own if birth.ruleset is None else own | {birth.ruleset})
    size = os.fstat(memory[0]).st_size if memory else 0
    limits = {**config["limits"], "memory_bytes": config["limits"]["memory_bytes"] + size}
    with socket.socket(fileno=greeting) as sock:
        try:
            raised = walls.raise_around_self(
                config["walls"], birth.ruleset, orders["uid"], limits, orders["processor"]
            )
        except OSError as error:
            sock.sendall(frames.pack(json.dumps({"error": str(error), "walls": []}).encode()))
            raise
        hello = frames.pack(json.dumps({"error": "", "walls": raised.names}).encode())
        if raised.listener is None:
            sock.sendall(hello)
        else:
            socket.send_fds(sock, [hello], [raised.listener])
            os.close(raised.listener)
    ram = None
    if memory:
        ram = memoryview(mmap.mmap(memory[0], size))
        os.close(memory[0])
    os.chdir(orders["scratch"])  # not before: it is the worker's own, closed to the zygote
    sys.argv[:] = [""]
    sys.path.insert(0, config["submission"])
    compiled.use(birth.code)
    # What was printed before a crash helps to find it.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    blame = Blame(config["submission"])
    return Server(questions, answers, Interface.of(birth.protocol), blame, ram), config["part"]


def live(server: Server, part: str) -> None:
    """Import the submission and serve its part until the link closes."""
    try:
        server.run(lambda: importlib.import_module(part))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
