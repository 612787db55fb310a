"""Choose an isolation: the strongest that stands, or the one that was asked for, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from grader import walls
from grader.course import Course, Unit
from grader.image.build import TAG, current
from grader.image.engine import engine
from grader.isolation.container import BESIDE_MIB, MEMORY_MIB, Container, look
from grader.isolation.kinds import Isolation
from grader.isolation.local import Local
from grader.isolation.owner import owner, sweep
from grader.problem import Problem

MODES = ("auto", "docker", "bubblewrap", "process")


@contextmanager
def choose(
    mode: str, unit: Unit, *, trust: bool = False, image: str = TAG
) -> Iterator[tuple[Isolation, str]]:
    """Yield an isolation and a sentence that says which, and why none that is stronger.

    `trust` says that what is graded is no stranger's: then, and with mode "process" only, missing
    walls are no reason to refuse.

    Raises:
        Problem: what was asked for does not stand, or the walls are not enough.
    """
    if mode not in MODES:
        raise Problem(f"There is no isolation {mode!r}; there are: {', '.join(MODES)}.")
    if trust and mode != "process":
        raise Problem("--trust-submissions goes with --isolation process, and with no other.")
    with ExitStack() as stack:
        why = ""
        if mode in ("auto", "docker"):
            try:
                container = stack.enter_context(_container(unit, image))
            except Problem as problem:
                if mode == "docker":
                    raise
                why = f" (no containers: {str(problem)[:1].lower()}{str(problem)[1:]})"
            else:
                yield container, "Isolation: docker."
                return
        here = local(mode, unit.course, trust)
        yield here, f"Isolation: {here.name}{why.rstrip('.')}."


def for_our_own(course: Course) -> Isolation:
    """Return what to grade our own code with, on a host without walls too."""
    return local("auto", course, trust=True)


@contextmanager
def _container(unit: Unit, tag: str) -> Iterator[Container]:
    with engine() as client, owner() as labels:
        found = current(client, unit.course, tag)
        sweep(client)
        standing, missing = look(client, found.identity, labels)
        if missing:
            raise Problem(f"In a container these walls are missing: {', '.join(missing)}.")
        memory = max(MEMORY_MIB, unit.settings.limits.memory_mib + BESIDE_MIB)
        yield Container(found.identity, labels, standing, memory)


def local(mode: str, course: Course, trust: bool) -> Local:
    """Return an isolation of this host. Raise Problem if it does not stand or is not enough."""
    standing = _look()
    missing = walls.missing(standing, walls.closed(course.secrets))
    if missing and not trust:
        raise Problem(
            f"This host cannot keep submissions in: {', '.join(missing)} missing (grader doctor "
            "tells why, and what to do). To grade only what you trust, add --isolation process "
            "--trust-submissions."
        )
    namespaces = next((wall for wall in standing if wall.name == "bubblewrap"), None)
    stands = namespaces is not None and namespaces.stands
    if mode == "bubblewrap" and not stands:
        said = "not on this system" if namespaces is None else namespaces.why
        raise Problem(f"bubblewrap does not stand here: {said}; grader doctor says what to do.")
    wanted = stands and mode != "process"
    kept = [w.name for w in standing if w.stands and (wanted or w.name != "bubblewrap")]
    return Local(kept, "bubblewrap" if wanted else "process")


@cache
def _look() -> list[walls.Wall]:
    # Once a process: it starts programs and makes namespaces to see what works.
    return walls.available()
