"""The recorder: every step in plain words, the same outcome, and what each step broke."""

import inspect

import pytest
from vmlab.bench import shadow
from vmlab.bench.shadow_tables import pte
from vmlab.paging import Act, Answer
from vmlab.sv39 import SATP_SV39, A, D, R, U, V, W, X
from vmlab.testing import Mismatch
from vmlab.view.film import Film, Reached
from vmlab.view.shadow import Bench, Vm

BASE = shadow.BASE
DATA, NEW = BASE + 0x2_0000, BASE + 0x2_8000
SILENT = {
    *("page", "physical", "peek", "put", "read", "entry", "guest_address"),
    *("root", "leaves", "remembered", "check_isolated", "check_leaves", "scenario"),
    *("check_untouched", "wrote_by_itself"),
}
"""What tests may call that changes nothing, or only makes room."""


class Identity:
    """A pager for guests that do not translate; `move` says which frame it takes for another."""

    def __init__(self, move=lambda frame: frame):
        self.move = move
        self.bits = V | R | W | X | U | A | D

    def start(self, memory, guest):
        self.words, self.guest, self.top = memory.cast("Q"), guest, None

    def root(self, host):
        if self.top is None:
            self.top = self.table(host)
        return SATP_SV39 << 60 | self.top

    def table(self, host):
        frame = host.allocate()
        self.words[self.at(frame, 0) : self.at(frame, 512)] = memoryview(bytes(4096)).cast("Q")
        return frame

    @staticmethod
    def at(frame, index):
        return (frame - 0x8_0000) * 512 + index

    def fault(self, host, cause, address):
        if not BASE <= address < BASE + 64 * 4096:
            return Answer(Act.DEVICE, address)
        table = self.top
        for shift in (30, 21):
            entry = self.at(table, address >> shift & 511)
            if not self.words[entry] & V:
                self.words[entry] = self.table(host) << 10 | V
            table = self.words[entry] >> 10
        frame = self.move(self.guest.frames[address - BASE >> 12])
        self.words[self.at(table, address >> 12 & 511)] = frame << 10 | self.bits
        return Answer(Act.RETRY)

    def written(self, host, address, length):
        pass

    write_satp = set_mode = fence = take_frame = give_frame = lambda *arguments: None

    def stop(self, host):
        host.free(self.top)


def film_of(part, last=None):
    film = Film(last)
    return film, Bench(part, film).vm()


def told(film):
    return [(step.words, step.result) for step in film.steps]


def test_every_function_of_a_guest_is_a_step_or_known_to_be_none():
    public = {
        name
        for name, value in inspect.getmembers(shadow.Vm, inspect.isfunction)
        if not name.startswith("_")
    }
    own = {name for name in vars(Vm) if not name.startswith("_")} - {"context", "is_bench"}
    assert own | SILENT == public
    assert not own & SILENT
    for name in own:
        assert inspect.signature(getattr(Vm, name)) == inspect.signature(getattr(shadow.Vm, name))


def test_steps_in_plain_words():
    film, vm = film_of(Identity())
    vm.load(DATA + 8).reaches(DATA + 8).reads(DATA + 8)
    vm.store(DATA, 5, 4)
    vm.atomic("lr.d", DATA)
    vm.fetch(DATA)
    vm.load(0x1000_0000).is_device(0x1000_0000)
    root = vm.space()
    entry = vm.map(root, 0x40_0000, DATA, "VRU")
    vm.poke(entry, pte(NEW, "VR") | 1 << 63)
    vm.write_satp(SATP_SV39 << 60 | 7 << 44 | root >> 12)
    vm.runs("S", sum=True)
    vm.fence(0x40_0000, 7)
    vm.fence()
    vm.wrote(DATA, 2)
    assert told(film) == [
        ("ld at 0x80020008", "done, at guest-physical 0x80020008, after 1 fault"),
        ("sw 0x5 at 0x80020000", "done, at guest-physical 0x80020000"),
        ("lr.d at 0x80020000", "done, at guest-physical 0x80020000"),
        ("fetch at 0x80020000", "done, at guest-physical 0x80020000"),
        (
            "ld at 0x10000000",
            "left to the VMM as a device, guest-physical 0x10000000, after 1 fault",
        ),
        ("a new address space: root 0x80000000", ""),
        ("root 0x80000000: 0x400000 leads to 0x80020000 VRU", ""),
        (f"memory at {entry:#x} is 0x80028000 VR, bits 0x200 at the top", ""),
        ("the guest writes satp: MODE 8, root 0x80000000, ASID 7", ""),
        ("the guest runs in S-mode, SUM=1", ""),
        ("the guest fences 0x400000, ASID 7", ""),
        ("the guest fences everything", ""),
        ("a device writes 0x2 at 0x80020000", ""),
    ]
    assert film.steps[0].calls == [
        "host: allocate",
        "root: frame 0x80140",
        "host: allocate x 2",
        "fetch fault at the bench's code: RETRY",
        "load fault at 0x80020008: RETRY",
    ]
    assert film.steps[-1].calls == ["told of 8 bytes written at 0x80020000"]


def test_the_step_that_broke_it():
    part = Identity()
    film, vm = film_of(part)
    vm.load(DATA)
    part.move = lambda frame: vm.frames.foreign[0]
    vm.load(DATA + 0x1000)
    part.move = lambda frame: frame
    vm.load(DATA + 0x2000)
    assert [[(d.invariant, d.clause) for d in step.breaks] for step in film.steps] == [
        [],
        [("I2", "S11")],
        [],
    ]


def test_the_scenario_ends_after_a_step():
    film, vm = film_of(Identity(), last=2)
    vm.load(DATA)
    vm.store(DATA, 5)
    with pytest.raises(Reached):
        vm.store(DATA, 6)
    assert (vm.peek(DATA), len(film.steps)) == (5, 2)


def test_an_access_that_gets_no_further():
    part = Identity()
    part.bits = V | R | U | A
    film, vm = film_of(part)
    with pytest.raises(Mismatch):
        vm.fetch(DATA)
    (difference,) = film.picture("", (), ask=True).differences
    assert (difference.invariant, difference.clause) == ("I4", "S5")
    assert film.steps[0].result.startswith("wrong: the same fault again and again")


@pytest.mark.parametrize(
    ("answer", "clause"),
    [
        (Answer(Act.REFLECT, DATA, 13), "S5"),
        (Answer(Act.DEVICE, DATA), "S5"),
        (Answer(Act.ABSENT, DATA), "S14"),
    ],
)
def test_an_access_that_is_refused_without_reason(answer, clause):
    part = Identity()
    film, vm = film_of(part)
    vm.load(BASE + 63 * 4096)  # fills the page of the code
    part.fault = lambda host, cause, address: answer
    vm.load(DATA)
    (difference,) = film.picture("", (), ask=True).differences
    assert (difference.invariant, difference.clause) == ("I4", clause)
    assert film.picture("", (), ask=True).walk == (
        "a load at 0x80020000",
        ["so done, at guest-physical 0x80020000"],
    )


def test_a_bad_root_and_frames_that_are_kept():
    part = Identity()
    film, vm = film_of(part)
    vm.load(DATA)
    part.top = vm.frames.guest[3]
    picture = film.picture("", (), ask=True)
    assert [d.clause for d in picture.differences] == ["S1"]
    assert "page 3 of this VM" in picture.shadow.wrong
    film, vm = film_of(Identity())
    vm.load(DATA)
    with pytest.raises(Mismatch):
        vm.stop()
    assert [d.clause for d in film.picture("", (), ask=True).differences] == ["S15"]


def test_nothing_is_drawn_without_a_guest():
    film = Film()
    Bench(Identity(), film)
    assert film.picture("", (), ask=True) is None
