"""A program under construction.

While statements are read, sections grow by pieces whose sizes are known but whose bytes are not:
those may depend on labels further down. Then sections get their addresses, and the bytes are built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vmlab.program import Program

from .expressions import Expression, address
from .symbols import Constant, Place, Scope, Section, SymbolTable
from .tokens import Token

GROUPS = (".text", ".rodata", ".data", "", ".bss")
"""The order of sections, by how their names begin; "" is any other name."""
SPACING = 16
"""What the address of a section is a multiple of, whatever it asks for; the first need not be."""


class _Piece(NamedTuple):
    """Bytes to come."""

    place: Place
    line: int
    build: Callable[[], bytes]


class Builder:
    """What instructions and directives add to."""

    def __init__(self) -> None:
        self.table = SymbolTable()
        self.line = 0
        """The program's line of what is being added; 0 for a library's."""
        self.compress = False
        """Whether instructions take their short form where they have one (`.option rvc`)."""
        self._section = Section(".text")
        self._sections = {".text": self._section}
        self._filled: dict[Section, None] = {}
        """The sections with something in them, in the order in which that came."""
        self._pieces: list[_Piece] = []

    @property
    def offset(self) -> int:
        """Where in its section the next piece will stand, in bytes."""
        return self._section.size

    @property
    def scope(self) -> Scope:
        """The meaning of names here and now."""
        return Scope(self.table, Place(self._section, self.offset), self.table.constants)

    def append(self, size: int, build: Callable[[], bytes]) -> None:
        """Add `size` bytes, which `build` returns once all labels have addresses."""
        self._filled.setdefault(self._section)
        self._pieces.append(_Piece(Place(self._section, self.offset), self.line, build))
        self._section.size += size

    def label(self, name: str, token: Token) -> None:
        """Name this place. Raise AssemblyError if the name is taken."""
        if name in self.table.lines:
            raise token.error(f"{name!r} is already defined on line {self.table.lines[name]}")
        self._filled.setdefault(self._section)
        self.table.labels[name] = self.scope.here
        self.table.lines[name] = token.line

    def define(self, token: Token, expression: Expression) -> None:
        """Name the value of an expression. Only another constant may have had the name before."""
        name = token.text
        if name in self.table.labels:
            raise token.error(f"{name!r} is a label, on line {self.table.lines[name]}")
        constant = Constant(expression, self.scope)
        self.table.constants = {**self.table.constants, name: constant}
        self.table.lines[name] = token.line

    def enter(self, section: str) -> None:
        """Go on at the end of a section."""
        self._section = self._sections.setdefault(section, Section(section))

    def align(self, boundary: int) -> int:
        """Keep places in this section aligned; return how far off the next multiple is."""
        self._section.alignment = max(self._section.alignment, boundary)
        return -self._section.size % boundary

    def finish(self, origin: int) -> Program:
        """Give sections their addresses, from `origin` up, and build all bytes.

        Raises:
            AssemblyError: if a symbol is missing, or a value does not fit.
        """
        at = origin
        sections = dict.fromkeys([*self._filled, *self._sections.values()])
        for section in sorted(sections, key=_group):
            boundary = section.alignment if at == origin else max(section.alignment, SPACING)
            at += -at % boundary
            section.base = at
            at += section.size
        contents = {section: bytearray() for section in sections if section.size}
        lines: dict[int, int] = {}
        for piece in self._pieces:
            self.line = piece.line
            data = piece.build()
            contents.get(piece.place.section, bytearray()).extend(data)
            if data and piece.line:
                lines[address(piece.place)] = piece.line
        symbols = self._symbols()
        segments = [(address(Place(section, 0)), bytes(data)) for section, data in contents.items()]
        first = min((start for start, _ in segments), default=origin)
        return Program(sorted(segments), symbols.get("_start", first), symbols, lines)

    def _symbols(self) -> dict[str, int]:
        """The labels and constants that have a name of the source's own."""
        symbols = {name: address(place) for name, place in self.table.labels.items()}
        for name, constant in self.table.constants.items():
            value = constant.expression.evaluate(constant.scope)
            assert isinstance(value, int)  # since every section has its address
            symbols[name] = value
        return {name: value for name, value in symbols.items() if "\0" not in name}


def _group(section: Section) -> int:
    starts = (group and (section.name + ".").startswith(group + ".") for group in GROUPS)
    return next((index for index, found in enumerate(starts) if found), GROUPS.index(""))
