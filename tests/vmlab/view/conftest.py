"""A host's RAM made by hand: a guest of 32 pages, and a shadow, both written entry by entry."""

from __future__ import annotations

import pytest
from vmlab.bench.shadow_host import FIRST_FRAME
from vmlab.bench.shadow_tables import flags, vpn
from vmlab.hart import Mode
from vmlab.view.history import History
from vmlab.view.picture import Picture
from vmlab.view.scene import Context, Scene

BASE = 0x8000_0000
PAGES, FRAMES = 32, 128
ROOT = BASE
USER = Context(Mode.U, 8 << 60 | ROOT >> 12)
KERNEL = USER._replace(mode=Mode.S)


class Image:
    """Frames 3n of the host are the guest's; 100 to 109 the pager's; 110 to 119 free."""

    def __init__(self):
        self.words = [0] * (FRAMES * 512)
        self.guest = [FIRST_FRAME + 3 * page for page in range(PAGES)]
        self.tables = {FIRST_FRAME + 100}
        self.free = set(range(FIRST_FRAME + 110, FIRST_FRAME + 120))
        self.root = FIRST_FRAME + 100
        self.history = History()
        self._page = ROOT + 0x1000

    def put(self, address, value):
        """Write 8 bytes of the guest's memory."""
        frame = self.guest[(address - BASE) // 4096]
        self.words[(frame - FIRST_FRAME) * 512 + address % 4096 // 8] = value

    def word(self, address):
        frame = self.guest[(address - BASE) // 4096]
        return self.words[(frame - FIRST_FRAME) * 512 + address % 4096 // 8]

    def map(self, virtual, to, bits="VRWXUAD", level=0, root=ROOT):
        """Map in the guest's tables; return where the PTE is."""
        table = root
        for step in range(2, level, -1):
            at = table + vpn(virtual, step) * 8
            if not self.word(at):
                self.put(at, self._page >> 2 | 1)
                self._page += 0x1000
            table = self.word(at) >> 10 << 12
        at = table + vpn(virtual, level) * 8
        self.put(at, to >> 2 | flags(bits))
        return at

    def shadow(self, virtual, frame, bits="VRWXUAD", level=0):
        """Map in the shadow; return the index of the PTE."""
        table = self.root
        for step in range(2, level, -1):
            at = (table - FIRST_FRAME) * 512 + vpn(virtual, step)
            if not self.words[at]:
                new = max(self.tables) + 1
                self.tables.add(new)
                self.words[at] = new << 10 | 1
            table = self.words[at] >> 10
        at = (table - FIRST_FRAME) * 512 + vpn(virtual, level)
        self.words[at] = frame << 10 | flags(bits)
        return at

    def frame(self, address):
        """Return the frame of a guest page."""
        return self.guest[(address - BASE) // 4096]

    def note(self, asid=0, root=ROOT):
        """Let the history see what the guest's tables say."""
        self.history.note(asid, self.scene().guest_tables(8 << 60 | root >> 12))

    def scene(self, context=USER, **more):
        return Scene(
            words=self.words,
            base=BASE,
            guest=tuple(self.guest),
            tables=frozenset(self.tables),
            free=frozenset(self.free),
            context=context,
            root=self.root,
            history=self.history,
            **more,
        )

    def picture(self, context=USER, **more):
        return Picture("a picture", (), [], self.scene(context, **more))

    def differences(self, context=USER, **more):
        """Return invariant, clause and address of each difference."""
        found = self.picture(context, **more).differences
        return [(d.invariant, d.clause, d.virtual) for d in found]


@pytest.fixture
def image():
    return Image()
