"""An image drawn as text and as a page of HTML: its clusters, refcounts, holes, and its chain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from .layout import COMPRESSED, OFFSET, ZERO, BadImage, Readable
from .survey import Problem, Survey

LETTERS = {
    "header": "H",
    "L1 table": "1",
    "L1 table of a snapshot": "s",
    "L2 table": "2",
    "refcount table": "R",
    "refcount block": "r",
    "snapshot table": "S",
    "data": "#",
    "compressed": "z",
}
"""How each use of a cluster of the file is drawn."""
FREE, LOST = ".", "?"
COLOURS = {
    "H": "#303030", "1": "#7b2d8b", "s": "#b77bc4", "2": "#c06ad0", "R": "#b5531b", "r": "#e08a4f",
    "S": "#8a6d00", "#": "#2f6db3", "z": "#59a5a0", ".": "#eeeeee", "?": "#d02020",
}  # fmt: skip
MOST_CELLS = 4096
"""Clusters that are drawn one by one; the rest is summed up."""
WIDTH = 64
DEEPEST = 50


class HostFile:
    """A file of the host, read piece by piece."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raise OSError."""
        self._file = path.open("rb")
        self.size = self._file.seek(0, 2)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes, as many of them as there are."""
        self._file.seek(min(offset, self.size))
        return self._file.read(length)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass
class DiskMap:
    """What is drawn of one image."""

    name: str
    size: int
    """Of the disk, in bytes."""
    file_size: int
    facts: list[str] = field(default_factory=list)
    cells: str = ""
    """A letter for each cluster of the file, up to MOST_CELLS."""
    counts: list[int] = field(default_factory=list)
    """The refcount of each of them."""
    uses: Counter[str] = field(default_factory=Counter)
    """How many clusters of the whole file are used for what."""
    mapped: Counter[str] = field(default_factory=Counter)
    """How many clusters of the disk are data, compressed, zeros, or left to the backing file."""
    problems: list[Problem] = field(default_factory=list)
    below: DiskMap | str | None = None
    """The map of the backing file, or why there is none."""


def look(path: Path, depth: int = 0, format_: str = "") -> DiskMap:
    """Draw an image, and all below it. Raise BadImage or OSError for the first only."""
    file = HostFile(path)
    try:
        if format_ == "raw" or (not format_ and file.read(0, 4) != b"QFI\xfb"):
            return DiskMap(path.name, file.size, file.size, ["a raw image"])
        return _qcow2(path, file, depth)
    finally:
        file.close()


def _qcow2(path: Path, file: Readable, depth: int) -> DiskMap:
    survey = Survey(file)
    header = survey.header
    made = DiskMap(path.name, header.size, file.size, problems=survey.problems)
    bits = 1 << header.refcount_order
    made.facts = [
        f"qcow2 version {header.version}, clusters of {header.cluster:,} bytes, "
        f"refcounts of {bits} bits",
        f"features: incompatible {header.incompatible:#x}, compatible {header.compatible:#x}, "
        f"autoclear {header.autoclear:#x}",
    ]
    made.facts += [f"snapshot {row.id}: {row.name!r}" for row in survey.snapshots]
    counts = survey.counts
    for cluster in range(min(survey.clusters, MOST_CELLS)):
        made.cells += _letter(survey, counts, cluster)
        made.counts.append(counts.get(cluster, 0))
    made.uses.update(survey.kinds.values())
    made.uses["lost"] = sum(1 for cluster in counts if cluster not in survey.kinds)
    made.uses["free"] = max(0, survey.clusters - len(survey.kinds.keys() | counts.keys()))
    made.mapped = _mapped(survey)
    if header.backing:
        made.below = _below(path, header.backing, header.backing_format, depth)
    return made


def _letter(survey: Survey, counts: dict[int, int], cluster: int) -> str:
    kind = survey.kinds.get(cluster)
    if kind is None:
        return LOST if counts.get(cluster) else FREE
    return LETTERS[kind]


def _mapped(survey: Survey) -> Counter[str]:
    header, found = survey.header, Counter[str]()
    for _, entry in survey.mapping(header.l1_offset, header.l1_size):
        if entry & COMPRESSED:
            found["compressed"] += 1
        elif entry & ZERO:
            found["zeros"] += 1
        elif entry & OFFSET:
            found["data"] += 1
    total = -(-header.size // header.cluster)
    found["of the backing file" if header.backing else "holes"] = total - sum(found.values())
    return found


def _below(path: Path, backing: str, format_: str, depth: int) -> DiskMap | str:
    if depth >= DEEPEST:
        return f"{backing}: the chain does not end"
    if ":" in backing:
        return f"{backing}: no plain file"
    try:
        return look(path.parent / backing, depth + 1, format_)
    except (BadImage, OSError) as problem:
        return f"{backing}: {problem}"


def as_text(image: DiskMap) -> str:
    """Return the map as lines of text."""
    lines = [f"{image.name}: a disk of {image.size:,} bytes in a file of {image.file_size:,}"]
    lines += [f"  {fact}" for fact in image.facts]
    if image.mapped:
        lines.append("  the disk: " + _summed(image.mapped))
        lines.append("  the file: " + _summed(image.uses))
        for at in range(0, len(image.cells), WIDTH):
            lines.append(f"  {at:#8x}  {image.cells[at : at + WIDTH]}")
        if image.file_size and len(image.cells) == MOST_CELLS:
            lines.append("            ... and more")
        lines.append("  " + "  ".join(f"{letter} {kind}" for kind, letter in LETTERS.items()))
        lines.append(f"  {FREE} free  {LOST} lost: a refcount, and nothing refers to it")
    lines += [f"  {each.weight.value}: {each.text}" for each in image.problems[:20]]
    if len(image.problems) > 20:
        lines.append(f"  ... and {len(image.problems) - 20} more problems")
    if isinstance(image.below, str):
        lines.append(f"  upon {image.below}")
    elif image.below is not None:
        lines.append("upon")
        lines.append(as_text(image.below))
    return "\n".join(lines)


def _summed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "nothing"


def as_html(image: DiskMap) -> str:
    """Return the map as a page that needs nothing else."""
    legend = "".join(
        f'<span><i style="background:{COLOURS[letter]}"></i>{escape(kind)}</span>'
        for kind, letter in (*LETTERS.items(), ("free", FREE), ("lost", LOST))
    )
    body, each = "", image
    while True:
        body += _section(each)
        if not isinstance(each.below, DiskMap):
            break
        body += "<p class='upon'>&#8595; upon</p>"
        each = each.below
    if each.below is not None:
        body += f"<p class='bad'>upon {escape(str(each.below))}</p>"
    return PAGE.format(title=escape(image.name), legend=legend, body=body)


def _section(image: DiskMap) -> str:
    rows = -(-len(image.cells) // WIDTH)
    cells = "".join(
        f'<rect x="{n % WIDTH * 12}" y="{n // WIDTH * 12}" width="11" height="11" '
        f'fill="{COLOURS[letter]}"><title>cluster {n:#x}: {_kind(letter)}, refcount '
        f"{image.counts[n]}</title></rect>"
        for n, letter in enumerate(image.cells)
    )
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in image.facts)
    if image.mapped:
        facts += (
            f"<li>the disk: {_summed(image.mapped)}</li><li>the file: {_summed(image.uses)}</li>"
        )
    bad = "".join(f"<li>{each.weight.value}: {escape(each.text)}</li>" for each in image.problems)
    drawn = f'<svg width="{WIDTH * 12}" height="{rows * 12}">{cells}</svg>' if cells else ""
    head = f"{image.size:,} bytes in a file of {image.file_size:,}"
    return (
        f"<h2>{escape(image.name)}</h2><p>a disk of {head}</p><ul>{facts}</ul>{drawn}"
        f"<ul class='bad'>{bad}</ul>"
    )


def _kind(letter: str) -> str:
    names = {value: key for key, value in LETTERS.items()}
    return names.get(letter, "free" if letter == FREE else "lost")


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2em; max-width: 60em }}
.bad {{ color: #b00000 }} .upon {{ font-size: 1.3em }}
#legend span {{ margin-right: 1.2em; white-space: nowrap }}
#legend i {{ display: inline-block; width: .9em; height: .9em; margin-right: .3em }}
</style></head><body><h1>{title}</h1><p id="legend">{legend}</p>{body}</body></html>
"""
