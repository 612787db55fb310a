"""How a zygote is kept apart from the terminal that we may have.

Ctrl-C is for the grader, which then ends its zygotes in order; and no worker shall reach a
terminal. A session of its own does both. But Linux shares out a processor among sessions first
(sched(7), "autogroup"): whenever grader and worker take turns, strangers would get theirs. Where
there is no terminal, as in the processes that grade, a process group does as well.
"""

from __future__ import annotations

import sys

STAT = "/proc/self/stat"
TERMINAL = 4
"""Where /proc/PID/stat has the controlling terminal, after the name; proc(5)."""


def needs_session() -> bool:
    """Tell whether a zygote must have a session of its own."""
    # Before 3.11, subprocess cannot start a process in a group of its own.
    return sys.version_info < (3, 11) or _has_terminal()


def _has_terminal() -> bool:
    try:
        with open(STAT, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[TERMINAL] != "0"
    except (OSError, IndexError):
        return True  # nobody tells: it may
