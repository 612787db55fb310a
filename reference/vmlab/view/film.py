"""A scenario as it is recorded: its steps, and the guest that they are done to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vmlab.access import Access
from vmlab.memory import PAGE_SIZE
from vmlab.paging import Act, Answer
from vmlab.testing import Mismatch

from .judge import Difference
from .meaning import contradiction, meaning, wrong_marks
from .picture import Picture, Step
from .scene import Scene
from .watch import Watch


class Reached(BaseException):
    """The step that is to be drawn is done; no Exception, which a test might catch."""


class Film:
    """What has been recorded of one scenario."""

    def __init__(self, last: int | None = None) -> None:
        """Build it; after the step `last` the scenario is ended."""
        self.last = last
        self.steps: list[Step] = []
        self.guest: Watch | None = None
        """The guest that was used last."""
        self.access: SteppedAccess | None = None
        """The last step, if it was one."""

    @contextmanager
    def step(self, guest: Watch, words: str, kind: str) -> Iterator[Step]:
        """Record what is done in a `with` statement. Raise Reached if it is not to be done."""
        if self.last is not None and len(self.steps) >= self.last:
            raise Reached
        step = Step(len(self.steps) + 1, words, kind)
        self.steps.append(step)
        self.guest, self.access = guest, None
        guest.inside, guest.calls = True, step.calls
        try:
            yield step
        except Mismatch as error:
            step.result, step.failed = f"wrong: {error.got}", True
            raise
        except Exception as error:
            step.result = f"stopped by {type(error).__name__}"
            raise
        finally:
            guest.inside = False
            guest.note()

    def picture(self, title: str, said: tuple[tuple[str, str], ...], ask: bool) -> Picture | None:
        """Return the state at the end; None if there was no guest. `ask` the pager for its root."""
        if self.guest is None:
            return None
        # What was to be gone at once is looked at before the pager is called again.
        ask = ask and not (self.steps and self.steps[-1].is_taking and self.steps[-1].failed)
        picture = Picture(title, said, self.steps, self.guest.scene(ask))
        if self.access is not None:
            kind, virtual = self.access.kind, self.access.virtual
            picture.walk = f"a {kind.name.lower()} at {virtual:#x}", self.access.after.words()
            picture.access = self.access.difference()
        picture.found = list(self.guest.found)
        return picture


class SteppedAccess:
    """An access: what it meant by the guest's tables before and after, and what came of it."""

    def __init__(self, kind: Access, virtual: int, width: int, scene: Scene) -> None:
        """Begin it in a scene."""
        self.kind, self.virtual, self.width = kind, virtual, width
        self._scene = scene
        self._marked = frozenset[int]()
        self.before = self.after = meaning(scene, kind, virtual)
        self.answer: Answer | None = None
        """What refused it."""
        self.over = False
        """Whether it was done or refused."""
        self.stuck = False
        """Whether it came to nothing, with the same fault again and again."""
        self.raced = False
        """Whether another hart wrote to the guest's memory meanwhile, A and D bits perhaps."""

    def ends(self, scene: Scene, marked: frozenset[int]) -> None:
        """Look at what it has left; `marked` are the PTEs that were compared before being set."""
        self._marked = marked
        self.after = meaning(scene, self.kind, self.virtual)

    def difference(self) -> Difference | None:
        """Tell what is wrong; nothing is said of an access that lies in two pages."""
        if self.virtual % PAGE_SIZE + self.width > PAGE_SIZE:
            return None
        # An access may change the very tables that it goes by.
        found = [
            contradiction(self.kind, self.virtual, meant, self.answer, self.stuck)
            for meant in (self.before, self.after)
        ]
        if all(found) or not self.over or self.raced:
            return found[1]
        refused = self.answer is not None and self.answer.act is Act.REFLECT
        return wrong_marks(
            self._scene, self.kind, self.virtual, self.before, self.after, refused, self._marked
        )
