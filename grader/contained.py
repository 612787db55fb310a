"""The first process of a container: takes a submission in, has it graded, and dies with the grader.

Reads one line of JSON, {"request": ..., "files": {name: base64}}, from standard input and starts
`grader.session`, whose events go to standard output. Standard input stays open as long as the
grader lives: at its end everything here ends at once.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
from pathlib import Path

FOLDER = Path("/tmp/submission")


def main() -> int:
    """Serve one delivery; return the session's exit status."""
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return 1  # the grader died before it had said everything
    delivery = json.loads(line)
    FOLDER.mkdir(mode=0o700)
    for name, data in delivery["files"].items():
        (FOLDER / name).write_bytes(base64.b64decode(data))
    request = {**delivery["request"], "submission": str(FOLDER)}
    # Whatever else is printed in a session is no event.
    channel = os.dup(1)
    os.dup2(2, 1)
    session = subprocess.Popen(
        [sys.executable, "-m", "grader.session", str(channel)],
        stdin=subprocess.PIPE,
        pass_fds=(channel,),
    )
    os.close(channel)
    assert session.stdin is not None
    with session.stdin as stdin:
        stdin.write(json.dumps(request).encode())
    poll = select.poll()
    poll.register(0, select.POLLIN)
    end = os.pidfd_open(session.pid)
    poll.register(end, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == end:
                return session.wait()
            if not os.read(0, 1 << 16):
                # The first process of a container takes all others with it.
                return 1


if __name__ == "__main__":
    sys.exit(main())
