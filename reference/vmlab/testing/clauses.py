"""The tie between a test and the clause of the handout that it checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def clause(name: str) -> Callable[[F], F]:
    """Mark a test as checking the clause `name`, such as "T4"; every test names exactly one."""

    def mark(test: F) -> F:
        test.__clause__ = name  # type: ignore[attr-defined]
        return test

    return mark
