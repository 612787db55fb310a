"""The ways a scenario can end badly, with what a student needs to understand it."""

from __future__ import annotations


class Mismatch(AssertionError):
    """The hardware did something else than the clause says. All fields are short, plain text."""

    def __init__(self, scenario: str, expected: str, got: str, rule: str = "") -> None:
        super().__init__(f"{scenario}: expected {expected}, got {got}")
        self.scenario = scenario
        self.expected = expected
        self.got = got
        self.rule = rule
        """Manual tag and sentence, if more exact than the clause's own."""


class OutOfBudget(Exception):
    """The scenario used up a counted budget (instructions, exits, calls) without ending."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{limit:,} {what} were not enough; the scenario never ended")
        self.what = what
        self.limit = limit
