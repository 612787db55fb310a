"""Read a guest from a file: assembly source, an ELF file, or the raw contents of RAM."""

from __future__ import annotations

from pathlib import Path

from vmlab.program import Program

from .problem import Problem, read_bytes, read_text

BASE = 0x8000_0000
"""Where RAM starts, and a guest in assembly."""
ELF_MAGIC = b"\x7fELF"


def load_guest(path: Path) -> Program:
    """Assemble or load the guest in `path`. Raises Problem, with the place in the source."""
    contents = read_bytes(path)
    if contents.startswith(ELF_MAGIC):
        return load_elf(path)
    if path.suffix.lower() == ".bin":
        return Program([(BASE, contents)], BASE)
    if path.suffix.lower() in (".s", ".asm"):
        return assemble_file(path)
    raise Problem(f"{path} is no guest: give assembly source, named *.S, an ELF file, or raw *.bin")


def assemble_file(path: Path, origin: int = BASE) -> Program:
    """Assemble a source file. Raises Problem, with line and column, if it is wrong."""
    from vmlab.asm import AssemblyError, assemble

    try:
        return assemble(read_text(path), origin=origin, name=str(path))
    except AssemblyError as error:
        raise Problem(str(error)) from None


def load_elf(path: Path) -> Program:
    """Load an ELF file. Raises Problem if it is not one for this machine."""
    from vmlab.elf import ImageError, load

    try:
        return load(path)
    except ImageError as error:
        raise Problem(str(error)) from None


def number(text: str) -> int:
    """Read a number as typed, decimal or with 0x. Raises Problem if it is none."""
    try:
        value = int(text.replace("_", ""), 0)
    except ValueError:
        raise Problem(f"{text!r} is not a number; write 123 or 0x7b") from None
    if not 0 <= value < 1 << 64:
        raise Problem(f"{text} does not fit into 64 bits")
    return value
