"""A program ready to be loaded: what the assembler makes, and what an ELF file holds."""

from __future__ import annotations

from dataclasses import dataclass, field


class ImageError(ValueError):
    """There is no program here that this machine could run; the message is one sentence."""


@dataclass(frozen=True)
class Program:
    """Bytes with the physical addresses they go to. Addresses are unsigned, 64 bits."""

    segments: list[tuple[int, bytes]]
    """Each run of bytes with the address of its first; no two of them overlap."""
    entry: int
    """The address to start at."""
    symbols: dict[str, int] = field(default_factory=dict)
    """Labels and constants by name."""
    lines: dict[int, int] = field(default_factory=dict)
    """The source line (from 1) of what stands at an address; empty if unknown."""
    name: str = field(default="", compare=False)
    """What the source was called, for messages; empty if unknown."""
