"""A tape between a network card and its link: it records what arrives, and plays it again."""

from __future__ import annotations

from collections.abc import Callable

from .net import Link, Receiver


class Tape:
    """A link that remembers what a machine's own link did.

    A frame arrives either in answer to one that was sent, before `send` returns; then it is played
    again when that frame is sent again. Or it arrives by itself, while the machine stands still;
    then it is an input as any other, which a recorder repeats.
    """

    def __init__(self, link: Link, act: Callable[[Callable[[], None]], None]) -> None:
        """Put a tape before `link`; `act` does and records an input (`Recorder.act`)."""
        self._link = link
        self._act = act
        self._receiver: Receiver = lambda frame: None
        self._answers: list[list[bytes]] = []
        """What arrived while each frame was sent."""
        self._sending = False
        self.sent = 0
        """How many frames the machine has sent until the present, which may lie in the past."""
        link.connect(self._arrived)

    def connect(self, receiver: Receiver) -> None:
        """Say who takes the frames that arrive here."""
        self._receiver = receiver

    def send(self, frame: bytes) -> None:
        """Send a frame; one that was sent before, in a past that is repeated, is not sent again."""
        self.sent += 1
        if self.sent <= len(self._answers):
            for answer in self._answers[self.sent - 1]:
                self._receiver(answer)
            return
        self._answers.append([])
        self._sending = True
        try:
            self._link.send(frame)
        finally:
            self._sending = False

    def forget_future(self) -> None:
        """From now on frames are sent for the first time: there will be another future."""
        del self._answers[self.sent :]

    def _arrived(self, frame: bytes) -> None:
        if self._sending:
            self._answers[-1].append(frame)
            self._receiver(frame)
        else:
            self._act(lambda: self._receiver(frame))
