"""The guest's console: what it prints goes to stdout, and what is typed goes to its UART."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .problem import Problem, read_bytes

if TYPE_CHECKING:
    from vmlab.devices import Uart

    from .terminal import PosixTerminal, WindowsTerminal

CTRL_A = 0x01
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}


class Console:
    """Passes bytes on between a UART and this process."""

    def __init__(self, uart: Uart, keyboard: PosixTerminal | WindowsTerminal | None) -> None:
        """Build it; without a keyboard, nothing is typed."""
        self._uart = uart
        self._shown = 0
        self._keyboard = keyboard
        self._escaped = False
        self.ended = False
        """Whether Ctrl-A x was typed."""

    def show(self) -> None:
        """Write what the guest printed since the last time to stdout, byte for byte."""
        new = self._uart.output[self._shown :]
        self._shown += len(new)
        sys.stdout.buffer.write(new)
        sys.stdout.buffer.flush()

    def poll(self, *, wait: bool = False) -> bool:
        """Pass on what was typed, and wait for it if asked to; tell whether more can come."""
        if self._keyboard is None:
            return False
        typed = self._keyboard.read(wait=wait)
        if typed is None:
            self._keyboard = None
            return False
        typed = self._unescape(typed)
        if typed:
            self._uart.feed(typed)
        return True

    def _unescape(self, typed: bytes) -> bytes:
        """Carry out Ctrl-A x, and make one Ctrl-A of two, as QEMU does."""
        passed = bytearray()
        for byte in typed:
            if not self._escaped:
                self._escaped = byte == CTRL_A
                if self._escaped:
                    continue
            elif byte in b"xX":
                self.ended = True
                break
            self._escaped = False
            passed.append(byte)
        return bytes(passed)


def script(uart: Uart, text: str, prompt: str) -> None:
    """Have the UART fed with `text`, or the file that `@` names; a line for each prompt, if any."""
    data = read_bytes(Path(text[1:])) if text.startswith("@") else _bytes(text)
    if not prompt:
        uart.feed(data)
        return
    for line in data.splitlines(keepends=True):
        uart.feed_after(_bytes(prompt), line)


def _bytes(text: str) -> bytes:
    r"""Return text as UTF-8, with \n, \r, \t, \0, \\ and \xHH as in C. Raises Problem."""

    def replaced(match: re.Match[bytes]) -> bytes:
        code = match[1].decode()
        if code in ESCAPES:
            return ESCAPES[code]
        if len(code) == 3:
            return bytes([int(code[1:], 16)])
        raise Problem(rf"\{code} in {text!r} means nothing; write \\ for a backslash")

    encoded = text.encode("utf-8", "surrogateescape")
    result: Any = re.sub(rb"\\(x[0-9a-fA-F]{2}|.|$)", replaced, encoded, flags=re.DOTALL)
    return bytes(result)
