"""What every row of the instruction tables has: a name, an encoding and a syntax."""

from __future__ import annotations

from dataclasses import dataclass, field

from .pattern import Field, Pattern


@dataclass(frozen=True, eq=False)
class Row:
    """How an instruction is encoded and written."""

    name: str
    extension: str
    pattern: str
    """The encoding, see `vmlab.isa.pattern`."""
    syntax: str
    """The operands in assembly, such as "rd, imm(rs1)"; see `vmlab.asm.operands`."""
    nonzero: tuple[str, ...] = field(default=(), kw_only=True)
    """Fields that cannot be 0: with a 0 there, the bits are reserved, or another instruction."""
    encoding: Pattern = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoding", Pattern.parse(self.pattern))

    @property
    def mask(self) -> int:
        """The bits of the word that are fixed."""
        return self.encoding.mask

    @property
    def match(self) -> int:
        """What the fixed bits are."""
        return self.encoding.match

    @property
    def length(self) -> int:
        """Length in bytes."""
        return self.encoding.length

    @property
    def fields(self) -> dict[str, Field]:
        """The variable fields, by name."""
        return self.encoding.fields

    def encode(self, **values: int) -> int:
        """Return the word with these field values; fields that are not named have bits of 0.

        Raises:
            ValueError: if a field cannot hold its value; the message begins with its name.
        """
        word = self.match
        for name, value in values.items():
            try:
                word |= self.fields[name].insert(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        for name in self.nonzero:
            if not values.get(name):
                raise ValueError(f"{name}: {self.name} takes no 0")
        return word
