"""Docker's engine: the way to it, and what is said when there is none."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.problem import Problem

if TYPE_CHECKING:
    from docker import DockerClient

LOCAL = "unix:///var/run/docker.sock"
PATIENCE = 30
"""Seconds that the engine may take to answer; starting a container on a busy host is slow."""
OLDEST_API = (1, 40)
"""Of Docker 19.03."""
DO_WITHOUT = "Or grade without it: --isolation bubblewrap."


class NoEngine(Problem):
    """There is no engine to be used; the message says why, and what to do."""


@contextmanager
def engine(patience: float = PATIENCE) -> Iterator[DockerClient]:
    """Connect to the engine that DOCKER_HOST names, or else to the local one. Raise NoEngine."""
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise NoEngine(
            f"The package docker is missing: pip install 'vmlab[grader]'. {DO_WITHOUT}"
        ) from None
    address = os.environ.get("DOCKER_HOST", LOCAL)
    refuse_dead_socket(address)
    try:
        client = docker.from_env(timeout=int(patience))
    except (DockerException, ValueError) as error:
        raise NoEngine(f"Docker's engine at {address} cannot be used: {_said(error)}.") from None
    try:
        try:
            version = client.version()
            api = tuple(map(int, str(version["ApiVersion"]).split(".")))
        except (DockerException, OSError, KeyError, ValueError) as error:
            raise NoEngine(
                f"Docker's engine at {address} does not answer: {_said(error)}. {DO_WITHOUT}"
            ) from None
        if api < OLDEST_API:
            raise NoEngine(
                f"Docker {version.get('Version')} is too old: 19.03 or later is needed. "
                f"{DO_WITHOUT}"
            )
        yield client
    finally:
        client.close()


def refuse_dead_socket(address: str) -> None:
    """Try a local socket by hand: the SDK's own words do not tell what to do. Raise NoEngine."""
    if not address.startswith("unix://"):
        return
    path = address.removeprefix("unix://")
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(path)
        except PermissionError:
            raise NoEngine(
                f"You may not use {path}: join the group docker (sudo usermod -aG docker $USER, "
                f"then log in again). {DO_WITHOUT}"
            ) from None
        except OSError:
            raise NoEngine(
                f"No Docker engine listens on {path}: install and start Docker. {DO_WITHOUT}"
            ) from None


def _said(error: Exception) -> str:
    text = str(getattr(error, "explanation", None) or error) or type(error).__name__
    return " ".join(text.split())[:300].rstrip(".")
