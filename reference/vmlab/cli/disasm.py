"""`vmlab disasm`: machine code to assembly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .guest import BASE, ELF_MAGIC, load_elf, number
from .problem import Problem, read_bytes


def disasm(
    what: Annotated[
        list[str], typer.Argument(metavar="FILE|WORD...", help="A file, or words such as 30200073.")
    ],
    origin: Annotated[
        str, typer.Option(help="Address of the first byte, if it is not an ELF file.")
    ] = hex(BASE),
) -> None:
    """Disassemble an ELF file, a binary, or instruction words in hexadecimal.

    Exit status: 0 done, 2 wrong use.
    """
    first = Path(what[0])
    start = number(origin)
    if first.is_file() and len(what) == 1:
        data = read_bytes(first)
        if data.startswith(ELF_MAGIC):
            for address, segment in load_elf(first).segments:
                _show(address, segment)
        else:
            _show(start, data)
    else:
        _show(start, b"".join(_word(text) for text in what))


def _word(text: str) -> bytes:
    """Read 32 bits; or 16 of them, written with four digits."""
    try:
        value = int(text.replace("_", ""), 16)
    except ValueError:
        raise Problem(f"{text!r} is neither a file nor a word in hexadecimal") from None
    if not 0 <= value < 1 << 32:
        raise Problem(f"{text} does not fit into 32 bits")
    digits = text.lower().removeprefix("0x").replace("_", "")
    return value.to_bytes(2 if len(digits) == 4 else 4, "little")


def _show(address: int, data: bytes) -> None:
    from vmlab.disasm import cut, disassemble
    from vmlab.isa import length

    for offset, piece in cut(data):
        word = int.from_bytes(piece, "little")
        whole = len(piece) == length(word)
        meaning = disassemble(word, address + offset) if whole else ""
        shown = f"{word:0{2 * len(piece)}x}"
        typer.echo(f"{address + offset:016x}  {shown:<8}  {meaning}".rstrip())
