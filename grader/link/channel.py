"""The bytes between the grader and one worker: frames, what the part prints, what it tries.

Everything here is bounded in time and memory, whatever the worker does.
"""

from __future__ import annotations

import os
import select
import time

from vmlab.link import frames

from grader.walls.notify import Listener

CHUNK = 1 << 16
"""Bytes read at once; more would have the allocator map memory afresh for every call."""


class Gone(Exception):
    """The worker has closed its end."""


class Late(Exception):
    """The worker used up the time that it may be waited for."""


class TooLarge(Exception):
    """The worker announced a frame larger than the cap."""


class Channel:
    """The grader's ends of a worker's link, two pipes, and of its output."""

    def __init__(
        self, questions: int, answers: int, output: int, wall_seconds: float, output_bytes: int
    ) -> None:
        self._questions = questions
        self._answers = answers
        self._output = output
        self._listener: Listener | None = None
        self._left = wall_seconds
        self._room = output_bytes
        self._cut = 0
        self._printed = bytearray()
        self._silent = False
        self._received = bytearray()
        self._poll = select.poll()
        for descriptor in (questions, answers, output):
            os.set_blocking(descriptor, False)
        self._poll.register(answers, select.POLLIN)
        self._poll.register(output, select.POLLIN)

    def listen(self, descriptor: int) -> None:
        """Take charge of the listener of the worker's seccomp filter."""
        self._listener = Listener(descriptor)
        self._poll.register(descriptor, select.POLLIN)

    def send(self, body: bytes) -> None:
        """Send a frame. Raise Gone, Late, or Forbidden for what the worker tries meanwhile."""
        frame = frames.pack(body)
        sent = self._send(frame)
        if sent == len(frame):
            return
        rest = memoryview(frame)[sent:]
        deadline = time.monotonic() + self._left
        self._poll.unregister(self._answers)
        self._poll.register(self._questions, select.POLLOUT)
        while rest:
            self._wait(deadline)
            rest = rest[self._send(rest) :]
        self._poll.unregister(self._questions)
        self._poll.register(self._answers, select.POLLIN)
        self._left = deadline - time.monotonic()

    def receive(self) -> bytes:
        """Wait for a frame and return its body. Raise Gone, Late, TooLarge or Forbidden."""
        # Mostly it is there: the worker runs on this processor, and ran when it got its question.
        body = self._frame() if self._received else self._fill()
        if body is not None:
            return body
        deadline = time.monotonic() + self._left
        while body is None:
            if self._wait(deadline):
                body = self._fill()
        self._left = deadline - time.monotonic()
        return body

    def printed(self) -> str:
        """Return what the part has printed, cut at the cap, with a note if it was."""
        self._drain()
        text = self._printed.decode(errors="replace")
        note = f"\n[cut: {self._cut:,} more bytes were printed]" if self._cut else ""
        return text + note

    def close(self) -> None:
        """Close every descriptor."""
        if self._listener is not None:
            self._listener.close()
        for descriptor in (self._questions, self._answers, self._output):
            os.close(descriptor)

    def _wait(self, deadline: float) -> bool:
        """Wait for one event and deal with it; return whether it is the link's."""
        left = deadline - time.monotonic()
        if left <= 0:
            self._left = 0
            raise Late
        ready = False
        for descriptor, event in self._poll.poll(left * 1000):
            if descriptor in (self._answers, self._questions):
                ready = True
            elif descriptor == self._output:
                self._read_output()
            elif event & select.POLLIN and self._listener is not None:
                self._listener.judge()
            else:
                self._poll.unregister(descriptor)  # no process is behind it any more
        return ready

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return os.write(self._questions, data)
        except BlockingIOError:
            return 0
        except OSError:
            self._drain()
            raise Gone from None

    def _fill(self) -> bytes | None:
        """Read a piece of what has come; return the body of the first frame if it is whole."""
        try:
            chunk = os.read(self._answers, CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            chunk = b""
        if not chunk:
            self._drain()
            raise Gone
        if not self._received and frames.is_whole(chunk):
            return chunk[frames.HEADER :]
        self._received += chunk
        return self._frame()

    def _frame(self) -> bytes | None:
        if len(self._received) < frames.HEADER:
            return None
        size = int.from_bytes(self._received[: frames.HEADER], "big")
        if size > frames.CAP:
            raise TooLarge(f"a message of {size:,} bytes, more than {frames.CAP:,}")
        end = frames.HEADER + size
        if len(self._received) < end:
            return None
        body = bytes(self._received[frames.HEADER : end])
        del self._received[:end]
        return body

    def _read_output(self) -> bool:
        """Read a piece of what was printed; return whether there may be more."""
        if self._silent:
            return False
        try:
            piece = os.read(self._output, CHUNK)
        except BlockingIOError:
            return False
        if not piece:
            self._silent = True  # every process that could print is gone
            self._poll.unregister(self._output)
            return False
        taken = piece[: self._room]
        self._printed += taken
        self._room -= len(taken)
        self._cut += len(piece) - len(taken)
        return True

    def _drain(self) -> None:
        """Read what was printed up to now, but no more than a pipe can hold many times over."""
        for _ in range(256):
            if not self._read_output():
                return
