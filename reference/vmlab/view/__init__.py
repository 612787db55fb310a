"""Pictures of a scenario: what `vmlab view` draws when a test has failed.

A part whose scenarios can be drawn has a module here, of its own name, that records them.
"""

from __future__ import annotations

from importlib.util import find_spec


def is_drawn(part: str) -> bool:
    """Tell whether there are pictures of a part's scenarios."""
    return find_spec(f"{__name__}.{part}") is not None
