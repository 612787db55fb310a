"""No engine, a closed one, an old one, a silent one: one sentence that says what to do."""

import socket
import threading
from contextlib import suppress

import pytest

from grader.image.engine import NoEngine, engine
from grader.isolation import choose


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Name a socket of the test's own in the place of the engine's."""
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def answering(address):
    """Return a function that starts an engine with one answer to everything."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    threads = []

    def start(answer):
        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.recv(1 << 16)
                    connection.sendall(answer)

        listener.listen(8)
        threads.append(threading.Thread(target=serve))
        threads[-1].start()

    yield start
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threads:
        thread.join()


def http(body, status="200 OK"):
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def said():
    with pytest.raises(NoEngine) as caught, engine(patience=2):
        pass
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_no_engine(address):
    assert said().startswith(f"No Docker engine listens on {address}: install and start Docker.")


def test_no_permission(address, monkeypatch):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("grader.image.engine.socket.socket.connect", refuse)
    text = said()
    assert f"You may not use {address}: join the group docker" in text
    assert "--isolation bubblewrap" in text


def test_too_old(answering):
    answering(http('{"ApiVersion": "1.39", "Version": "18.09.1"}'))
    assert said().startswith("Docker 18.09.1 is too old: 19.03 or later is needed.")


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", http("{}"), http("<html>", "502 Bad Gateway")]
)
def test_something_else_answers(answering, answer):
    answering(answer)
    text = said()
    assert "cannot be used" in text or "does not answer" in text


def test_auto_does_without_and_says_so(address, unit, monkeypatch):
    monkeypatch.setattr("grader.walls.missing", lambda standing, closed: [])
    with choose("auto", unit) as (isolation, which):
        assert isolation.name in ("bubblewrap", "process")
        assert f"(no containers: no Docker engine listens on {address}" in which
    with pytest.raises(NoEngine), choose("docker", unit):
        pass
