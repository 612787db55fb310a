"""What names mean: places in sections, and constants defined by expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias, cast

from .errors import suggest
from .tokens import Token

if TYPE_CHECKING:
    from .expressions import Expression


@dataclass(eq=False)
class Section:
    """A stretch of the program that grows as statements are read."""

    name: str
    size: int = 0
    alignment: int = 1
    """Bytes; its first address must be a multiple of it."""
    base: int | None = None
    """Its first address, once all sections have their sizes."""


class Place(NamedTuple):
    """An offset in a section whose address is not known yet."""

    section: Section
    offset: int

    def value(self) -> Value:
        """Return the address if it is known, else the place itself."""
        return self if self.section.base is None else self.section.base + self.offset


Value: TypeAlias = "int | Place"


@dataclass(frozen=True, eq=False)
class Constant:
    """A name given by `.equ` or `=`: an expression, meant where it was written."""

    expression: Expression
    scope: Scope


@dataclass
class SymbolTable:
    """All names of a source text."""

    labels: dict[str, Place] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """The line on which each label is defined."""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    """Replaced, never changed, so that a scope can keep what held before a redefinition."""
    high_parts: dict[Place, tuple[Expression, Scope]] = field(default_factory=dict)
    """The expression of each `%pcrel_hi`, by the place of its instruction."""
    being_evaluated: set[Constant] = field(default_factory=set)


class Scope(NamedTuple):
    """Where an expression stands: what `.` is, and which redefinition of a constant holds."""

    table: SymbolTable
    here: Place
    constants: Mapping[str, Constant]

    def knows(self, name: str) -> bool:
        """Tell whether the name is a label or a constant."""
        return name in self.table.labels or name in self.table.constants

    def lookup(self, token: Token) -> Value:
        """Return what a name means.

        A label is a `Place` until sections have their addresses.

        Raises:
            AssemblyError: if the name is not defined, or is defined by itself.
        """
        name = token.text
        if name in self.table.labels:
            return self.table.labels[name].value()
        constant = self.constants.get(name) or self.table.constants.get(name)
        if constant is not None:
            return self._evaluate(constant, token)
        if "\0" in name:
            number = name.partition("\0")[0]
            raise token.error(f"no label '{number}:' follows")
        if self.here.section.base is None:
            raise token.error(f"{name!r} must be defined before this line, which needs its value")
        hint = suggest(name, [*self.table.labels, *self.table.constants])
        raise token.error(f"{name!r} is not defined{hint}")

    def _evaluate(self, constant: Constant, token: Token) -> Value:
        being_evaluated = self.table.being_evaluated
        if constant in being_evaluated:
            raise token.error(f"{token.text!r} is defined by itself")
        being_evaluated.add(constant)
        try:
            return constant.expression.evaluate(constant.scope)
        finally:
            being_evaluated.remove(constant)


class Unplaced(Exception):
    """What an expression says depends on where it stands, and it stands nowhere yet."""


class _Nowhere:
    def __getattr__(self, name: str) -> NoReturn:
        raise Unplaced


NOWHERE = cast(Scope, _Nowhere())
"""The scope of what has the same value everywhere; all else raises Unplaced there."""
