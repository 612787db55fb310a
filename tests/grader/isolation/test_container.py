"""Containers without an engine: what is made of its errors and of its stream."""

import errno
import socket
import threading
from contextlib import contextmanager

import pytest
from docker.errors import APIError

from grader.isolation import container
from grader.isolation.container import Container, ContainerSession, Stream
from grader.problem import Problem, Stopped


@pytest.fixture
def stream():
    """Return a stream and the socket at its other end."""
    ours, theirs = socket.socketpair()
    with Stream(ours) as stream, theirs:
        yield stream, theirs


def frame(kind, body):
    return bytes([kind, 0, 0, 0]) + len(body).to_bytes(4, "big") + body


def test_events_and_diagnostics_are_told_apart(stream):
    session, theirs = ContainerSession(stream[0]), stream[1]
    data = frame(2, b"oh ") + frame(1, b'{"event":"started",') + frame(2, b"no")
    data += frame(1, b'"id":"a"}\n{"event":"done"}\n')
    for at in range(0, len(data), 3):
        theirs.sendall(data[at : at + 3])
    theirs.close()
    assert [event.event for event in session.events(30)] == ["started", "done"]
    assert session.diagnostics() == "oh no"


def test_what_is_no_event_ends_it(stream):
    stream[1].sendall(frame(1, b'{"event":"done"}\n{"event":"paid"}\n{"event":"done"}\n'))
    assert len(list(ContainerSession(stream[0]).events(30))) == 1


def test_it_can_be_stopped_and_does_not_wait_for_ever(stream):
    stop = threading.Event()
    assert list(stream[0].pieces(0.01)) == []
    stop.set()
    with pytest.raises(Stopped):
        list(stream[0].pieces(30, stop))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (APIError("no space left on device"), OSError),
        (APIError("no such image"), Problem),
        (ConnectionResetError("the engine is gone"), Problem),
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
    ],
)
def test_a_full_disk_is_told_from_a_dead_engine(monkeypatch, said, kind):
    class Client:
        @property
        def api(self):
            raise said

        def info(self):
            return {"NCPU": 0}

    @contextmanager
    def engine():
        yield Client()

    monkeypatch.setattr(container, "engine", engine)
    with pytest.raises(kind) as caught, Container("image", {}, []).started(["true"]):
        pass
    if kind is OSError:
        assert caught.value.errno == errno.ENOSPC
