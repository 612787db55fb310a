"""The zygote: imports what every worker needs, then waits, and forks a worker when told to.

It runs no line of a submission. The first message is its configuration; then it is told
{"spawn": ...} with the worker's descriptors, or {"kill": pid}, and tells {"exited": pid, ...}.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from vmlab.link.calls import prepare
from vmlab.link.interface import Interface

from . import compiled, control, given, life, paths, walls


def main(descriptor: int) -> None:
    """Serve the grader at the other end of the socket `descriptor` until it closes.

    In a worker this goes on with its life, when nothing of the zygote is on the stack any more.
    """
    birth = _serve(socket.socket(fileno=descriptor))
    if birth is None:
        return
    try:
        server, part = life.enter(birth)
        birth = None
        life.live(server, part)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(1)
    os._exit(0)


def _serve(sock: socket.socket) -> life.Birth | None:
    try:
        config, _ = control.receive(sock)
        return Zygote(sock, config).run()
    except (control.Closed, ConnectionError):
        return None


class Zygote:
    """The state of the zygote's process."""

    def __init__(self, sock: socket.socket, config: dict[str, Any]) -> None:
        self._sock = sock
        self._config = config
        self._children: set[int] = set()
        kept = paths.lay_out(config["kit"])
        for name in config["preload"]:
            _preload(name)
        self._protocol = importlib.import_module(config["interface"]).Part
        prepare(Interface.of(self._protocol))
        given.load(Path(config["submission"]), config["given"])
        policy = config["walls"]
        self._grants = walls.grants(policy) if policy["landlock"] else None
        bare = None if self._grants is None else self._grants.bare()
        self._code = compiled.compile_apart(config, bare)
        if bare is not None:
            os.close(bare)
        self._kept = kept
        self._wake, wake_end = os.pipe()
        os.set_blocking(wake_end, False)
        signal.set_wakeup_fd(wake_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Pages that no collection touches stay shared with every worker.
        gc.collect()
        gc.freeze()

    def run(self) -> life.Birth | None:
        """Do as told until the grader closes; then no worker is left. In a worker, return."""
        control.send(self._sock, {"ready": True})
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        try:
            while True:
                for descriptor, _ in poll.poll():
                    if descriptor == self._wake:
                        os.read(self._wake, 512)
                        self._reap()
                        continue
                    birth = self._obey(*control.receive(self._sock))
                    if birth is not None:
                        self._children.clear()
                        return birth
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _obey(self, message: dict[str, Any], descriptors: list[int]) -> life.Birth | None:
        """Do one thing; in the worker that was just made, return its orders."""
        if "kill" in message:
            # Only a child that was not waited for: its number is nobody else's yet.
            if message["kill"] in self._children:
                os.kill(message["kill"], signal.SIGKILL)
            return None
        grants, scratch = self._grants, message["spawn"]["scratch"]
        # The folder around it is the same for many workers, and so are the rules.
        ruleset = None if grants is None else grants.ruleset(os.path.dirname(scratch))
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._sock.detach()
            return life.Birth(
                self._config,
                self._protocol,
                ruleset,
                self._code,
                message["spawn"],
                descriptors,
                self._kept,
            )
        self._children.add(pid)
        for each in descriptors:
            os.close(each)
        control.send(self._sock, {"spawned": pid})
        return None

    def _reap(self) -> None:
        for pid in list(self._children):
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                self._children.discard(pid)
                control.send(
                    self._sock,
                    {
                        "exited": pid,
                        "status": os.waitstatus_to_exitcode(status),
                        "cpu_seconds": usage.ru_utime + usage.ru_stime,
                        "peak_kib": usage.ru_maxrss,
                    },
                )


def _preload(name: str) -> None:
    """Import a module of vmlab that the submission names; it may not exist."""
    with suppress(ImportError):
        importlib.import_module(name)
