"""What joins the grader and a worker: a socket for the greeting, and three pipes."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Ends:
    """One side's ends. Pipes carry the calls: a round trip takes two thirds of a socket's time."""

    greeting: socket.socket
    """Carries the listener of the seccomp filter, which a pipe cannot; closed after that."""
    questions: int
    answers: int
    output: int
    """What the part prints."""

    def close(self) -> None:
        """Close every descriptor."""
        self.greeting.close()
        for each in (self.questions, self.answers, self.output):
            os.close(each)


def pairs() -> tuple[Ends, Ends]:
    """Return the grader's ends and the worker's."""
    greeting, theirs = socket.socketpair()
    their_questions, questions = os.pipe()
    answers, their_answers = os.pipe()
    output, printing = os.pipe()
    return (
        Ends(greeting, questions, answers, output),
        Ends(theirs, their_questions, their_answers, printing),
    )
