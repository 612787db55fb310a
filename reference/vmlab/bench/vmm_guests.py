"""The guests of the assignment `vmm`: kernels for the bare board, each behind a small library."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from vmlab.asm import assemble
from vmlab.program import Program

LIBRARY = ("lib.S", "driver.S", "switch.S")
"""Files that stand before each guest, in the folder of the public tests."""
SHORT = "a short guest"
"""What a guest is called that is in no file."""
PAGES = 64
"""Of 4096 bytes: RAM enough for each of the guests."""


def build(source: Path, library: Path, *, word: int = 0, pages: int = PAGES) -> Program:
    """Assemble a guest.

    Args:
        source: The guest's own file. What it has in `<name>_programs.S` stands behind it.
        library: The folder with the files of LIBRARY.
        word: The constant WORD, 64 bits; what it does, the guest's file says.
        pages: The constant PAGES: how much RAM the guest takes itself to have.
    """
    text = source.read_text(encoding="utf-8")
    programs = source.with_name(f"{source.stem}_programs.S")
    if programs.is_file():
        text += programs.read_text(encoding="utf-8")
    return build_text(text, library, name=source.name, word=word, pages=pages)


@cache
def build_text(
    text: str, library: Path, *, name: str = SHORT, word: int = 0, pages: int = PAGES
) -> Program:
    """Assemble a guest that is in no file; as `build`."""
    constants = f".equ WORD, {word:#x}\n.equ PAGES, {pages}\n"
    files = [(piece, (library / piece).read_text(encoding="utf-8")) for piece in LIBRARY]
    return assemble(text, name=name, before=[("constants", constants), *files])


class Guests:
    """The guests of some folders, the first of which has the library."""

    def __init__(self, library: Path, *more: Path) -> None:
        self._library = library
        self._folders = (library, *more)

    def build(self, name: str, word: int = 0) -> Program:
        """Assemble a guest; see `build` on `word`."""
        return build(self._find(f"{name}.S"), self._library, word=word)

    def lines(self, text: str) -> Program:
        """Assemble a guest out of a few lines, from `main` on; they may use the library."""
        return build_text(text, self._library)

    def prints(self, name: str, word: int = 0x5EED) -> str:
        """Return what a guest prints when it is built with `word`."""
        text = self._find(f"{name}.txt").read_text(encoding="utf-8")
        return text.replace("5eed", f"{word:x}")

    def _find(self, name: str) -> Path:
        return next(path for folder in self._folders if (path := folder / name).is_file())
