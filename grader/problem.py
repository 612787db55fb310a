"""What is told to the person at the keyboard when something they gave cannot be used."""

from __future__ import annotations


class Problem(Exception):
    """One clear sentence that says what is wrong, where, and what to do. No traceback is shown."""
