"""`vmlab asm`: assembly source to machine code."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from vmlab.program import Program

from .guest import BASE, assemble_file, number
from .problem import Problem, read_text, write_bytes

LARGEST = 1 << 30
"""Bytes of the largest binary that is written: segments far apart would fill a disk with zeros."""

DATA = re.compile(r"(\w+:\s*)*\.")
"""A source line that makes data: a directive, maybe after labels."""


def asm(
    file: Annotated[Path, typer.Argument(metavar="FILE.S", help="Assembly source.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the bytes there, from the lowest.")
    ] = None,
    listing: Annotated[
        bool, typer.Option("--listing", help="Show the listing although a file is written.")
    ] = False,
    origin: Annotated[str, typer.Option(help="Address of the first byte.")] = hex(BASE),
) -> None:
    """Assemble a guest and show the listing: address, bits, instruction, source line.

    Exit status: 0 assembled, 2 an error in the source or wrong use; then nothing is written.
    """
    program = assemble_file(file, number(origin))
    if output is not None:
        write_bytes(output, flat(program))
    if output is None or listing:
        source = read_text(file).splitlines()
        for line in list_program(program, source):
            typer.echo(line)


def flat(program: Program) -> bytes:
    """Return the bytes from the lowest address to the highest; gaps are zero."""
    if not program.segments:
        return b""
    start = min(address for address, _ in program.segments)
    end = max(address + len(data) for address, data in program.segments)
    if end - start > LARGEST:
        raise Problem(f"the segments span {end - start:,} bytes, too many for one file")
    image = bytearray(end - start)
    for address, data in program.segments:
        image[address - start : address - start + len(data)] = data
    return bytes(image)


def list_program(program: Program, source: list[str]) -> list[str]:
    """Return the listing's lines; what no source line starts is shown as data."""
    from vmlab.disasm import cut, disassemble
    from vmlab.isa import length

    names: dict[int, list[str]] = {}
    for name, address in program.symbols.items():
        names.setdefault(address, []).append(name)
    lines = []
    previous = 0
    for start, data in sorted(program.segments):
        end = start + len(data)
        marks = sorted({a for a in program.lines if start <= a < end} | {start, end})
        for address, after in pairwise(marks):
            lines += [f"{'':18}{name}:" for name in names.get(address, [])]
            line = program.lines.get(address, 0)
            text = source[line - 1].strip() if line else ""
            first = line != previous  # a pseudo-instruction of several stands there once
            previous = line
            chunk = data[address - start : after - start]
            for offset, piece in _words(chunk) if DATA.match(text) else cut(chunk):
                word = int.from_bytes(piece, "little")
                known = len(piece) == length(word) and not DATA.match(text)
                meaning = disassemble(word, address + offset) if known else ""
                shown = f"{word:0{2 * len(piece)}x}"
                lines.append(
                    f"{address + offset:016x}  {shown:<8}  {meaning:<28}  "
                    f"{text if offset == 0 and first else ''}".rstrip()
                )
    return lines


def _words(data: bytes) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + 4]) for at in range(0, len(data), 4)]
