"""One picture: a scene compared with itself, and the steps that led there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from vmlab.bench import describe
from vmlab.sv39 import PAGE_SHIFT

from .judge import Difference, Judge
from .rows import Row, rows
from .scene import Context, Scene
from .tables import Tables


@dataclass
class Step:
    """One thing that was done in a scenario, in plain words."""

    number: int
    words: str
    kind: str
    """What it is about; many in a row of one kind are shown as one."""
    result: str = ""
    calls: list[str] = field(default_factory=list)
    """What the VMM asked the pager, and what it said."""
    breaks: list[Difference] = field(default_factory=list)
    """The differences that were not there after the step before."""
    failed: bool = False
    """Whether the test ended in it."""

    @property
    def is_taking(self) -> bool:
        """Whether a frame was taken from the guest, or given to it."""
        return self.kind == "frames"


@dataclass
class Picture:
    """All that is shown."""

    title: str
    said: tuple[tuple[str, str], ...]
    """Labelled texts: how the test ended."""
    steps: list[Step]
    scene: Scene
    walk: tuple[str, list[str]] | None = None
    """An access, and how the guest's tables translate it."""
    access: Difference | None = None
    """What is wrong with that access."""
    found: list[Difference] = field(default_factory=list)
    """What else was found to be wrong."""

    @cached_property
    def guest(self) -> Tables:
        """The guest's tables, from the root in use."""
        if not self.scene.context.translates:
            return Tables(0)
        return self.scene.guest_tables(self.scene.context.satp)

    @cached_property
    def shadow(self) -> Tables:
        """The shadow, from the root in use."""
        return self.scene.shadow_tables(self.scene.root)

    @cached_property
    def rows(self) -> list[Row]:
        """The entries of both, side by side."""
        return rows(self.scene, self.guest, self.shadow)

    @cached_property
    def remembered(self) -> list[Difference]:
        """What is wrong with what the MMU remembers."""
        return Judge(self.scene, self.guest).remembered(self.shadow)

    @property
    def differences(self) -> list[Difference]:
        """Everything that breaks an invariant."""
        own = [row.difference for row in self.rows if row.difference is not None]
        return [*own, *self.remembered, *([self.access] if self.access else []), *self.found]

    @property
    def verdict(self) -> str:
        """Say in a few words what the comparison came to."""
        count = len(self.differences)
        if count:
            return f"{count} difference{'s' * (count > 1)}"
        return "no difference" if self.scene.root is not None else "no shadow"

    @property
    def owners(self) -> list[tuple[str, int]]:
        """Whose the host's frames are."""
        scene = self.scene
        mine = sum(frame is not None for frame in scene.guest)
        total = len(scene.words) * 8 >> PAGE_SHIFT
        other = total - mine - len(scene.tables) - len(scene.free)
        return [
            ("this VM's pages", mine),
            ("shadow tables", len(scene.tables)),
            ("free for shadow tables", len(scene.free)),
            ("other VMs'", other),
        ]


def differences(scene: Scene) -> list[Difference]:
    """Return what is wrong with the shadow in use, and with what the MMU remembers of it."""
    picture = Picture("", (), [], scene)
    judge = Judge(scene, picture.guest)
    found = [
        judge.leaf(entry).difference
        for entry in picture.shadow.entries
        if entry.is_leaf or entry.wrong
    ]
    return [difference for difference in found if difference] + picture.remembered


def words(context: Context) -> str:
    """Say what a guest's addresses mean in a context."""
    text = describe.mode(context.mode)
    if not context.translates:
        return f"{text}, no translation"
    text += f", root {context.root:#x}"
    if context.asid:
        text += f" ASID {context.asid}"
    return f"{text}, SUM={int(context.sum)}, MXR={int(context.mxr)}"
