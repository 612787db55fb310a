"""What came out of one call of a part, and the ways to compare it with what should have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vmlab.bench import describe
from vmlab.bench.state import changed, differences, view
from vmlab.hart import HartState
from vmlab.testing import Mismatch


@dataclass
class Outcome:
    """A hart before and after one call; each method raises Mismatch if what it says is not so.

    `rule` cites the manual where one sentence of it says more exactly what the clause says.
    """

    scenario: str
    before: HartState
    after: HartState
    refusal: str | None = None
    """Message of the IllegalInstruction that the call raised, None if it raised none."""

    def shows(self, rule: str = "", **fields: Any) -> None:
        """These fields have these values afterwards; the others are not looked at."""
        self.matches(changed(self.before, fields), rule, only=fields)

    def changes_only(self, rule: str = "", **fields: Any) -> None:
        """These fields have these values afterwards, and every other is as before."""
        self.matches(changed(self.before, fields), rule)

    def matches(
        self, expected: HartState, rule: str = "", only: Iterable[str] | None = None
    ) -> None:
        """The hart (or only these of its fields) is as `expected`."""
        self.is_allowed(rule)
        wrong = differences(expected, self.after, only)
        if wrong:
            found = {name: value for name, (_, value) in wrong.items()}
            raise Mismatch(
                self.scenario,
                self._wanted({name: value for name, (value, _) in wrong.items()}),
                describe.fields(found),
                rule,
            )

    def _wanted(self, fields: dict[str, Any]) -> str:
        """Describe the values that fields should have, first those that should have changed."""
        before = view(self.before)
        kept = {name: value for name, value in fields.items() if before[name] == value}
        new = {name: value for name, value in fields.items() if name not in kept}
        texts = [describe.fields(new)] if new else []
        if kept:
            texts.append(f"{describe.fields(kept)} as before")
        return "; ".join(texts)

    def is_refused(self, rule: str = "") -> None:
        """The call raised IllegalInstruction."""
        if self.refusal is None:
            raise Mismatch(self.scenario, "an illegal-instruction exception", "none", rule)

    def is_allowed(self, rule: str = "") -> None:
        """The call raised nothing."""
        if self.refusal is not None:
            got = f"an illegal-instruction exception ({self.refusal})"
            raise Mismatch(self.scenario, "no exception", got, rule)
