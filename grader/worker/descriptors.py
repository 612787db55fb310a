"""Close what a new process has inherited."""

from __future__ import annotations

import os


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor but these."""
    low = 0
    for descriptor in sorted(kept):
        if low < descriptor:  # CPython closes everything if the range is empty
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1 << 16)
