"""What is told to the person at the keyboard when something they gave cannot be used."""

from __future__ import annotations

import errno


class Problem(Exception):
    """One clear sentence that says what is wrong, where, and what to do. No traceback is shown."""


class Stopped(Exception):
    """Grading was told to stop; there is no report."""


def disk_is_full(error: OSError) -> bool:
    """Tell whether there was no room, on the disk or in this user's share of it."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
