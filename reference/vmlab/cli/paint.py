"""Print the lines of a picture, in colour where the terminal has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

NARROWEST = 80
COLOURS = {
    "title": "bold",
    "dim": "dim",
    "wrong": "bold red",
    "old": "yellow",
    "right": "green",
    "table": "cyan",
}
LETTERS = "✗·▁▂▃▄▅▆▇█"
PLAIN = str.maketrans(LETTERS, "X..:-=+*%@")
"""For a console that has no other letters than ASCII's."""


def paint(lines: Callable[[int], Iterable[list[tuple[str, str]]]]) -> None:
    """Print what `lines` returns for a number of columns: as many as the terminal has."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    try:
        LETTERS.encode(console.encoding)
        plain = False
    except UnicodeEncodeError:
        plain = True
    for line in lines(max(console.width, NARROWEST)):
        text = Text()
        for piece, style in line:
            text.append(piece.translate(PLAIN) if plain else piece, COLOURS.get(style, ""))
        text.rstrip()
        console.print(text, soft_wrap=True)
