"""From source text to statements of tokens, each of which knows where it stands.

Comments are `# ...`, `// ...` and `/* ... */`. A statement ends with its line, or at a `;`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .errors import AssemblyError

_TOKEN = re.compile(
    r"""
      (?P<space>   [ \t\r\f\v]+ | /\*[\s\S]*?\*/ | \#[^\n]* | //[^\n]* )
    | (?P<end>     [\n;] )
    | (?P<string>  "(?:\\.|[^"\\\n])*" )
    | (?P<char>    '(?:\\x[0-9a-fA-F]+|\\[0-7]{1,3}|\\.|[^'\\\n])' )
    | (?P<local>   \d+[bf]\b )
    | (?P<number>  0[xX][0-9a-fA-F]+\b | 0[bB][01]+\b | \d+\b )
    | (?P<name>    [A-Za-z_.$][\w.$]* )
    | (?P<mark>    << | >> | /(?!\*) | [-+*%&|^~!(),:=@<>] )
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "b": 8, "f": 12, "\\": 92, '"': 34, "'": 39}


class Token(NamedTuple):
    """A word of the source. `kind` is a group of the pattern above; "end" ends each statement."""

    kind: str
    text: str
    file: str
    line: int
    column: int

    def error(self, message: str) -> AssemblyError:
        """Return an error that points here."""
        return AssemblyError(message, self.line, self.column, self.file)

    def at(self, place: Token) -> Token:
        """Return the same word, standing where `place` does."""
        return Token(self.kind, self.text, place.file, place.line, place.column)

    def renamed(self, name: str) -> Token:
        """Return another name that stands here."""
        return Token("name", name, self.file, self.line, self.column)

    @property
    def number(self) -> int:
        """The value of a number or of a character constant."""
        if self.kind == "char":
            return self.bytes[0] if len(self.bytes) == 1 else ord(self.text[1])
        if len(self.text) > len("0b") + 64:
            raise self.error("this number does not fit into 64 bits")
        if re.fullmatch(r"0\d+", self.text):  # octal, as in C
            try:
                return int(self.text, 8)
            except ValueError:
                raise self.error(f"{self.text} begins with 0, so it must be octal") from None
        return int(self.text, 0)

    @property
    def bytes(self) -> bytes:
        """What a quoted string or character stands for, escapes replaced, in UTF-8."""
        found = bytearray()
        at = 0
        body = self.text[1:-1]
        for escape in _ESCAPE.finditer(body):
            found += body[at : escape.start()].encode()
            at = escape.end()
            code = escape[1]
            if code[0] == "x" and len(code) > 1:
                found.append(int(code[1:], 16) & 0xFF)
            elif code[0] in "01234567":
                found.append(int(code, 8) & 0xFF)
            elif code in _ESCAPES:
                found.append(_ESCAPES[code])
            else:
                raise self.error(f"unknown escape \\{code}; write \\\\ for a backslash")
        return bytes(found + body[at:].encode())


def tokenize(source: str, file: str) -> list[list[Token]]:
    """Cut a source text into statements; empty ones are left out.

    Raises:
        AssemblyError: at what cannot begin any token.
    """
    statements: list[list[Token]] = []
    current: list[Token] = []
    at, line, line_start = 0, 1, 0
    while True:
        found = _TOKEN.match(source, at)
        kind, text = (found.lastgroup, found[0]) if found else ("end", "")
        if kind != "space":
            token = Token(kind or "", text, file, line, at - line_start + 1)
            current.append(token)
            if not found and at < len(source):
                raise token.error(_complaint(source[at:]))
            if kind == "end":
                if len(current) > 1:
                    statements.append(current)
                current = []
        if not found:
            return statements
        if "\n" in text:
            line += text.count("\n")
            line_start = at + text.rindex("\n") + 1
        at = found.end()


def _complaint(rest: str) -> str:
    if rest[0] in "\"'":
        return f"this {rest[0]} is not closed on its line"
    if rest.startswith("/*"):
        return "this comment is not closed; end it with */"
    if rest[0].isdigit():
        word = re.match(r"\w+", rest)
        return f"{word[0] if word else rest[0]!r} is not a number"
    return f"unexpected character {rest[0]!r}"
