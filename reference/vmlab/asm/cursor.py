"""Reading a statement's tokens from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.isa import registers

from .tokens import Token


class Cursor:
    """A place in a statement. The last token is always of kind "end"."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self._tokens[self._at]

    def ahead(self, count: int) -> Token:
        """Return the token that comes `count` further on, or the end."""
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Read a token; the end is never passed."""
        token = self.token
        if token.kind != "end":
            self._at += 1
        return token

    def accept(self, mark: str) -> bool:
        """Read this mark if it is the next token; tell whether it was."""
        if self.token.kind == "mark" and self.token.text == mark:
            self._at += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        """Read this mark. Raise AssemblyError if it is not the next token."""
        if not self.accept(mark):
            raise self.token.error(f"expected {mark!r}, found {shown(self.token)}")

    def finish(self) -> None:
        """Raise AssemblyError unless the statement ends here."""
        if self.token.kind != "end":
            raise self.token.error(f"unexpected {shown(self.token)}")

    def name(self, what: str) -> Token:
        """Read a name, called `what` if it is missing."""
        if self.token.kind != "name":
            raise self.token.error(f"expected {what}, found {shown(self.token)}")
        return self.take()

    def register(self) -> int:
        """Read a register and return its number."""
        token = self.name("a register")
        if token.text not in registers.NUMBERS:
            known = "x0 to x31, zero, ra, sp, gp, tp, t0 to t6, s0 to s11, a0 to a7"
            raise token.error(f"{token.text!r} is not a register; those are {known}")
        return registers.NUMBERS[token.text]

    def copy(self) -> Cursor:
        """Return a cursor that stands at the same token."""
        return Cursor(self.rest())

    def rest(self) -> Sequence[Token]:
        """Return the tokens that are not read yet."""
        return self._tokens[self._at :]

    def operands(self) -> list[list[Token]]:
        """Read the rest of the statement, cut at the commas outside parentheses."""
        found: list[list[Token]] = [[]]
        depth = 0
        while self.token.kind != "end":
            token = self.take()
            depth += (token.text == "(") - (token.text == ")")
            if token.text == "," and depth == 0:
                found.append([])
            else:
                found[-1].append(token)
        return [] if found == [[]] else found


def is_register(tokens: Sequence[Token]) -> bool:
    """Tell whether the tokens are one register and nothing else."""
    return len(tokens) == 1 and tokens[0].text in registers.NUMBERS


def has_base(tokens: Sequence[Token]) -> bool:
    """Tell whether the tokens end as in `8(sp)` or `(sp)`, whatever stands between parentheses."""
    if not tokens or tokens[-1].text != ")":
        return False
    opening, depth = len(tokens) - 1, 1
    while depth and opening:
        opening -= 1
        depth += (tokens[opening].text == ")") - (tokens[opening].text == "(")
    if opening == 0:
        return [token.kind for token in tokens] == ["mark", "name", "mark"]
    if opening > 1 and tokens[opening - 2].text == "%":  # %lo(x)
        return False
    return tokens[opening - 1].kind != "mark" or tokens[opening - 1].text == ")"


def shown(token: Token) -> str:
    """Return a token as error messages write it."""
    return "the end of the statement" if token.kind == "end" else repr(token.text)
