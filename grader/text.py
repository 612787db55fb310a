"""Text from strangers, made fit to show: no control characters, no surprises, not too long."""

from __future__ import annotations

import re
import unicodedata

# Everything that can move a cursor, reverse a line or break JSON readers, but for line ends, tabs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# repr() of most objects holds an address, which differs from run to run.
_ADDRESS = re.compile(r"(<[^<>\n]{1,200} at )0x[0-9a-fA-F]{6,16}(?=>)")


def clean(text: str) -> str:
    """Return `text` with unsafe characters shown as U+FFFD and memory addresses left out."""
    return _ADDRESS.sub(r"\g<1>0x…", _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n")))


def one_line(text: str, limit: int = 200) -> str:
    """Return `text` cleaned, on one line, and cut at `limit` characters."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def shorten(text: str, limit: int) -> str:
    """Return `text`, or its head and tail with a line between that says how much is left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n[… {left_out:,} characters left out …]\n{text[-half:]}"


def file_name(name: str) -> str:
    """Return a name that is safe as a folder's on any system, near to `name`; never empty."""
    kept = "".join(
        c if c.isalnum() or c in "._- " else "_"
        for c in unicodedata.normalize("NFC", _UNSAFE.sub("_", name))
    )
    kept = kept.strip(" .")[:80].rstrip(" .")
    return kept or "submission"
