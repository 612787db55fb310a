"""Compare what a guest printed with what it must print, and say where they part."""

from __future__ import annotations

from vmlab.testing import Mismatch, OutOfBudget


def check(
    scenario: str, expected: str, output: bytes, end: str, budget: OutOfBudget | None = None
) -> None:
    """Raise Mismatch at the first line that differs, or else if the guest did not end well.

    Args:
        scenario: What ran where.
        expected: Everything that the guest must print.
        output: Everything that it printed.
        end: How it ended; "" if it switched its machine off, with a pass.
        budget: What to raise if all is right so far, but the guest had to be stopped.
    """
    found = output.decode("utf-8", "backslashreplace")
    if found == expected and not end:
        return
    if not expected.startswith(found):
        wanted_line, found_line = _first_difference(expected, found)
        raise Mismatch(scenario, wanted_line, found_line)
    if budget is not None:
        raise budget
    whole_lines = found[: found.rfind("\n") + 1]
    done, rest = whole_lines.splitlines(), expected[len(whole_lines) :].splitlines()
    after = f"after {done[-1]!r}: " if done else ""
    raise Mismatch(
        scenario,
        f"{after}{rest[0]!r} on the console" if rest else f"{after}the guest switches off",
        end or "it switches off",
    )


def _first_difference(expected: str, found: str) -> tuple[str, str]:
    wanted_lines, found_lines = expected.splitlines(), found.splitlines()
    for number, line in enumerate(found_lines):
        wanted = wanted_lines[number] if number < len(wanted_lines) else None
        if line != wanted:
            text = "no more output" if wanted is None else repr(wanted)
            return f"line {number + 1} of the console: {text}", repr(line)
    return repr(expected), repr(found)
