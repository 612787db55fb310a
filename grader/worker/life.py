"""A worker's life: behind the walls, import the submission, serve its part."""

from __future__ import annotations

import importlib
import json
import mmap
import os
import socket
import sys
from types import ModuleType
from typing import Any

from vmlab.link import frames
from vmlab.link.blame import Blame
from vmlab.link.interface import Interface
from vmlab.link.serve import Server

from . import walls
from .landlock import Ruleset

OUT_OF_MEMORY = 77
"""Exit status of a worker that had not even the memory to say so."""


def live(
    config: dict[str, Any],
    interface: ModuleType,
    rules: Ruleset | None,
    orders: dict[str, Any],
    descriptors: list[int],
    kept: set[int],
) -> None:
    """Run one worker; `descriptors` are the link, the output and perhaps the guest's memory."""
    link, output, *memory = descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    _close_all_but({0, 1, 2, link, *memory, *kept})
    size = os.fstat(memory[0]).st_size if memory else 0
    limits = {**config["limits"], "memory_bytes": config["limits"]["memory_bytes"] + size}
    with socket.socket(fileno=link) as sock:
        try:
            raised = walls.raise_around_self(config["walls"], rules, orders["uid"], limits)
        except OSError as error:
            sock.sendall(frames.pack(json.dumps({"error": str(error), "walls": []}).encode()))
            raise
        hello = frames.pack(json.dumps({"error": "", "walls": raised.names}).encode())
        if raised.listener is None:
            sock.sendall(hello)
        else:
            socket.send_fds(sock, [hello], [raised.listener])
            os.close(raised.listener)
        sock.detach()
    ram = None
    if memory:
        ram = memoryview(mmap.mmap(memory[0], size))
        os.close(memory[0])
    os.chdir(orders["scratch"])  # not before: it is the worker's own, closed to the zygote
    sys.argv[:] = [""]
    # What was printed before a crash helps to find it.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    server = Server(link, Interface.of(interface.Part), Blame(config["submission"]), ram)
    try:
        server.run(lambda: importlib.import_module(config["part"]))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _close_all_but(kept: set[int]) -> None:
    low = 0
    for descriptor in sorted(kept):
        if low < descriptor:  # CPython closes everything if the range is empty
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1 << 16)
