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
from typing import Any, NoReturn

from . import control, paths, walls
from .life import live


def main(descriptor: int) -> None:
    """Serve the grader at the other end of the socket `descriptor` until it closes."""
    sock = socket.socket(fileno=descriptor)
    try:
        config, _ = control.receive(sock)
        Zygote(sock, config).run()
    except (control.Closed, ConnectionError):
        return


class Zygote:
    """The state of the zygote's process."""

    def __init__(self, sock: socket.socket, config: dict[str, Any]) -> None:
        self._sock = sock
        self._config = config
        self._children: set[int] = set()
        kept = paths.lay_out(config["submission"], config["kit"])
        for name in config["preload"]:
            _preload(name)
        self._interface = importlib.import_module(config["interface"])
        policy = config["walls"]
        self._rules = walls.ruleset(policy, config["scratch"]) if policy["landlock"] else None
        self._kept = kept | ({self._rules.descriptor} if self._rules is not None else set())
        self._wake, wake_end = os.pipe()
        os.set_blocking(wake_end, False)
        signal.set_wakeup_fd(wake_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Pages that no collection touches stay shared with every worker.
        gc.collect()
        gc.freeze()

    def run(self) -> None:
        """Do as told until the grader closes; then no worker is left."""
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
                    else:
                        message, descriptors = control.receive(self._sock)
                        self._obey(message, descriptors)
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _obey(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "kill" in message:
            # Only a child that was not waited for: its number is nobody else's yet.
            if message["kill"] in self._children:
                os.kill(message["kill"], signal.SIGKILL)
            return
        pid = os.fork()
        if pid == 0:
            self._become_worker(message["spawn"], descriptors)
        self._children.add(pid)
        for each in descriptors:
            os.close(each)
        control.send(self._sock, {"spawned": pid})

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

    def _become_worker(self, orders: dict[str, Any], descriptors: list[int]) -> NoReturn:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            live(self._config, self._interface, self._rules, orders, descriptors, self._kept)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
            os._exit(1)
        os._exit(0)


def _preload(name: str) -> None:
    """Import a module of vmlab that the submission names; it may not exist."""
    with suppress(ImportError):
        importlib.import_module(name)
