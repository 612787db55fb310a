"""The comparison: what a shadow allows against what the guest's tables allow, by the invariants.

What a pager may choose is no difference: a leaf that is not there yet, a right that is withheld, a
translation that the guest has changed but not fenced.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

from vmlab.access import Access
from vmlab.memory import PAGE_SIZE
from vmlab.sv39 import PAGE_SHIFT, A, D, R, U, W, X

from .scene import NO_FRAME, Scene, allowed
from .tables import Entry, Tables

NAMES = {Access.LOAD: "loads", Access.STORE: "stores", Access.FETCH: "fetches"}


class State(Enum):
    """What is to be said of a shadow's leaf, the best first."""

    RIGHT = "as the guest's tables say"
    LESS = "fewer rights than the guest's tables give: legal, the next fault brings them"
    LAZY = "not there yet: legal, the first fault brings it"
    NOTHING = "not for this mode, and so not in its shadow"
    DEAD = "no leaf for the real MMU, which faults on it"
    OLD = "from before the guest's change: legal until a fence"
    WRONG = "breaks an invariant"


class Difference(NamedTuple):
    """One way in which a shadow is wrong."""

    virtual: int
    invariant: str
    """I1 to I5; empty if it is a clause alone that is broken."""
    clause: str
    text: str

    def __str__(self) -> str:
        """Return the whole sentence."""
        named = f"{self.invariant}, {self.clause}" if self.invariant else self.clause
        return f"{named}: {self.text}"


class Judgement(NamedTuple):
    """What became of one leaf."""

    state: State
    difference: Difference | None = None


class Judge:
    """Compares with one scene."""

    def __init__(self, scene: Scene, guest: Tables) -> None:
        """Build it; `guest` is what the guest's tables say from the root in use."""
        self._scene = scene
        self._guest = guest

    def leaf(self, entry: Entry) -> Judgement:
        """Judge an entry of the shadow that is no pointer to a table of the pager's."""
        accesses = allowed(entry)
        if entry.wrong:
            if entry.is_pointer:
                text = f"the shadow's pointer leads to a {entry.wrong}"
                return Judgement(
                    State.WRONG, Difference(entry.virtual, "I2", self._foreign(entry), text)
                )
            frame = entry.leads_to >> PAGE_SHIFT
            if self._scene.guest_page(frame) is None:
                text = (
                    f"leads to frame {frame:#x}, {self._scene.owner(frame)}: a table not cleared?"
                )
                return Judgement(State.WRONG, Difference(entry.virtual, "I2", "S11", text))
            return Judgement(State.DEAD)
        worst = Judgement(State.RIGHT)
        for offset in range(0, entry.size, PAGE_SIZE):
            found = self.page(
                entry.virtual + offset, entry.leads_to + offset, accesses, bool(entry.pte & W)
            )
            worst = max(worst, found, key=lambda judged: ORDER[judged.state])
            if worst.state is State.WRONG:
                break  # at the latest behind the end of RAM
        if not accesses and worst.state is not State.WRONG:
            return Judgement(State.DEAD)
        return worst

    def absent(self, entry: Entry) -> State:
        """Judge a guest's leaf that the shadow does not have."""
        refuses = self._scene.context.refuses
        return State.NOTHING if all(refuses(entry.pte, a) for a in NAMES) else State.LAZY

    def _foreign(self, entry: Entry) -> str:
        return "S14" if entry.leads_to >> PAGE_SHIFT in self._scene.lost else "S11"

    def page(
        self, virtual: int, physical: int, accesses: Collection[Access], writable: bool = False
    ) -> Judgement:
        """Judge what is allowed at one page: accesses to a host-physical one, and a bit W."""
        scene, context = self._scene, self._scene.context
        frame = physical >> PAGE_SHIFT
        page = scene.guest_page(frame)
        if page is None:
            clause = "S14" if frame in scene.lost else "S11"
            text = f"leads to frame {frame:#x}, {scene.owner(frame)}"
            return Judgement(State.WRONG, Difference(virtual, "I2", clause, text))
        if scene.is_dirty(frame):
            text = f"{page:#x} is in use, and still holds what another VM left in its frame"
            return Judgement(State.WRONG, Difference(virtual, "I2", "S14", text))
        if not context.translates:
            if page == virtual:
                return Judgement(State.RIGHT)
            text = f"leads to guest-physical {page:#x}; without translation it is {virtual:#x}"
            return Judgement(State.WRONG, Difference(virtual, "I1", "S1", text))
        now = self._guest.covering(virtual)
        leaf = now if now is not None and now.is_leaf else None
        offers = scene.history.leaves(context.asid, virtual) + ([leaf] if leaf else [])
        refused = [
            access
            for access in NAMES
            if access in accesses
            and not any(self._fits(offer, virtual, page, access) for offer in offers)
        ]
        if refused:
            return Judgement(State.WRONG, self._why(virtual, page, refused, now))
        if writable and not any(o.at(virtual) == page and o.pte & D for o in offers):
            return Judgement(State.WRONG, Difference(virtual, "I3", "S7", CLEAN))
        possible = {access for access in NAMES if self._fits(leaf, virtual, page, access)}
        if not possible >= set(accesses):
            return Judgement(State.OLD)
        return Judgement(State.LESS if possible - set(accesses) else State.RIGHT)

    def _fits(self, leaf: Entry | None, virtual: int, page: int, access: Access) -> bool:
        return (
            leaf is not None
            and leaf.at(virtual) == page
            and not self._scene.context.refuses(leaf.pte, access)
            and (access is not Access.STORE or bool(leaf.pte & D))
        )

    def _why(self, virtual: int, page: int, refused: list[Access], now: Entry | None) -> Difference:
        """Say which invariant is broken by accesses that no leaf since the last fence allows."""
        context = self._scene.context
        names = " and ".join(NAMES[access] for access in refused)
        former = self._scene.history.former(context.asid, virtual)
        if now is None or now.at(virtual) != page or not now.is_leaf:
            says = "have nothing here"
            if now is not None:
                says = f"lead to {now.at(virtual):#x}" if now.is_leaf else f"end: {now.wrong}"
            if now is not None and now.wrong == NO_FRAME:
                text = f"{names} at {page:#x}, by a table whose frame was taken"
                return Difference(virtual, "I1", "S14", text)
            if all(any(self._fits(leaf, virtual, page, a) for leaf in former) for a in refused):
                text = (
                    f"stale: {names} at {page:#x}, as before the fence; the guest's tables {says}"
                )
                return Difference(virtual, "I5", "S10", text)
            clause = "S3" if now is None or now.wrong else "S2"
            if now is not None and now.level and now.pte & (R | X):
                clause = "S8"
            text = f"{names} at {page:#x}; the guest's tables {says}"
            return Difference(virtual, "I1", clause, text)
        if refused == [Access.STORE] and not context.refuses(now.pte, Access.STORE):
            return Difference(virtual, "I3", "S7", CLEAN)
        if all(any(self._fits(leaf, virtual, page, a) for leaf in former) for a in refused):
            text = f"stale: {names}, which the guest's tables allowed before the fence"
            return Difference(virtual, "I5", "S10", text)
        return Difference(virtual, "I1", "S4", f"{names}; {context.refuses(now.pte, refused[0])}")

    def remembered(self, shadow: Tables) -> list[Difference]:
        """Judge what the MMU remembers and the shadow does not say (any more)."""
        found = []
        for virtual, (physical, accesses) in sorted(self._scene.remembered.items()):
            entry = shadow.covering(virtual)
            if entry is not None and entry.at(virtual) == physical:
                accesses -= allowed(entry)
            if accesses:
                difference = self.page(virtual, physical, accesses).difference
                if difference is not None:
                    text = (
                        f"not in the shadow, but the MMU remembers it (no flush): {difference.text}"
                    )
                    found.append(difference._replace(text=text))
        return found


CLEAN = "W, but the guest's leaf has D=0: its first store would not be noticed"
ORDER = {state: number for number, state in enumerate(State)}


def useless(entry: Entry) -> str:
    """Say why the real MMU faults on a shadow's leaf whatever it is used for."""
    if entry.wrong:
        return entry.wrong
    if not entry.pte & U:
        return "no U, and the guest really runs in U-mode"
    return "" if entry.pte & A else "A=0"
