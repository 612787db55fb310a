"""What was asked for cannot be done."""

from __future__ import annotations

from pathlib import Path


class Problem(Exception):
    """Wrong use: the message is one sentence for the person who typed the command."""


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises Problem, with the reason, if they cannot be read."""
    try:
        # Not what never ends, as /dev/zero, nor what waits for a writer.
        if path.exists() and not path.is_file() and not path.is_dir():
            raise Problem(f"{path} cannot be read: it is not a regular file")
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{path} cannot be read: {_lower(error)}") from None


def read_text(path: Path) -> str:
    """Return a file's text. Raises Problem if it cannot be read, or is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(f"{path} is not UTF-8 text") from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file. Raises Problem, with the reason, if that fails."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {_lower(error)}") from None


def _lower(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
