"""Loading ELF executables for the machine."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from .program import ImageError, Program

__all__ = ["ImageError", "load"]


def load(source: Path | str | bytes, *, limit: int = 1 << 28) -> Program:
    """Read a 64-bit RISC-V executable, from a path or from its bytes.

    Args:
        source: Where it is, or what it holds.
        limit: How many bytes of memory all its segments may take.

    What the file leaves out of a segment is filled with zeros. Addresses are physical; the symbols
    have the values that the file gives them.

    Raises:
        ImageError: if it is not such a file, is damaged, or is too large.
    """
    name = "<bytes>" if isinstance(source, bytes) else str(source)
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise ImageError(f"{name}: {error.strerror or error}") from None
    if content[:4] != b"\x7fELF":
        raise ImageError(f"{name}: not an ELF file")
    try:
        return _read(content, limit)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    except ImportError:
        raise ImageError(f"{name}: ELF files need pyelftools; pip install pyelftools") from None
    except Exception as error:  # a damaged file makes pyelftools raise almost anything
        raise ImageError(f"{name}: damaged ELF file ({type(error).__name__})") from error


def _read(content: bytes, limit: int) -> Program:
    from elftools.elf.elffile import ELFFile  # here, so that a machine does not need pyelftools

    elf = ELFFile(io.BytesIO(content))
    if elf["e_machine"] != "EM_RISCV" or elf.elfclass != 64 or not elf.little_endian:
        order = "little" if elf.little_endian else "big"
        raise ImageError(
            f"made for {elf.get_machine_arch()}, {elf.elfclass} bits, {order}-endian; "
            "this machine runs RISC-V, 64 bits, little-endian"
        )
    if elf["e_type"] != "ET_EXEC":
        raise ImageError("not a statically linked executable")
    segments: list[_Segment] = []
    total = 0
    for header in elf.iter_segments():
        if header["p_type"] != "PT_LOAD" or header["p_memsz"] == 0:
            continue
        start, size, memory = header["p_offset"], header["p_filesz"], header["p_memsz"]
        total += memory
        if total > limit:
            raise ImageError(f"its segments need more than {limit} bytes")
        if start + size > len(content) or size > memory:
            raise ImageError("the file ends in the middle of a segment")
        data = content[start : start + size] + bytes(memory - size)
        segments.append(_Segment(header["p_paddr"], header["p_vaddr"], data))
    _check(segments)
    entry = _entry(segments, elf["e_entry"])
    return Program([(each.physical, each.data) for each in segments], entry, _symbols(elf))


class _Segment(NamedTuple):
    physical: int
    virtual: int
    data: bytes


def _check(segments: list[_Segment]) -> None:
    if not segments:
        raise ImageError("nothing to load in it")
    end = 0
    for address, _, data in sorted(segments):
        if address < end:
            raise ImageError(f"two of its segments overlap at {address:#x}")
        end = address + len(data)


def _entry(segments: list[_Segment], address: int) -> int:
    """Return the physical address of the entry; it is given as a virtual one, as a rule."""
    for physical, virtual, data in segments:
        if virtual <= address < virtual + len(data):
            return address - virtual + physical
    if any(physical <= address < physical + len(data) for physical, _, data in segments):
        return address
    raise ImageError(f"its entry {address:#x} lies in none of its segments")


def _symbols(elf: object) -> dict[str, int]:
    from elftools.elf.sections import SymbolTableSection

    found: dict[str, int] = {}
    for section in elf.iter_sections():  # type: ignore[attr-defined]
        if isinstance(section, SymbolTableSection):
            for symbol in section.iter_symbols():
                if symbol.name and symbol["st_shndx"] != "SHN_UNDEF":
                    found[symbol.name] = symbol["st_value"]
    return found
