"""The bench of the shadow part: what it lets pass, and what it says of the rest."""

import pytest
from vmlab.bench.shadow import BASE, Bench
from vmlab.bench.shadow_tables import A, D, R, U, V, W, X, pte
from vmlab.paging import Act, Answer
from vmlab.sv39 import SATP_SV39
from vmlab.testing import Mismatch

DATA = BASE + 0x2_0000


class Identity:
    """A pager for guests that do not translate: it maps what is asked for, where it is told to."""

    def __init__(self, move=lambda frame: frame, answer=None):
        self.move, self.answer = move, answer
        self.writes = []

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
        if self.answer is not None:
            return self.answer
        table = self.top
        for shift in (30, 21):
            entry = self.at(table, address >> shift & 511)
            if not self.words[entry] & V:
                self.words[entry] = self.table(host) << 10 | V
            table = self.words[entry] >> 10
        frame = self.move(self.guest.frames[address - BASE >> 12])
        self.words[self.at(table, address >> 12 & 511)] = frame << 10 | V | R | W | X | U | A | D
        return Answer(Act.RETRY)

    def written(self, host, address, length):
        self.writes.append((address, length))

    def stop(self, host):
        host.free(self.top)
        host.free(self.top)


def failure(call, *arguments, **named):
    with pytest.raises(Mismatch) as caught:
        call(*arguments, **named)
    return caught.value


def test_accesses_are_real():
    vm = Bench(Identity()).vm()
    outcome = vm.load(DATA + 8).reaches(DATA + 8).reads(DATA + 8)
    assert failure(outcome.reaches, DATA).got == f"done, at guest-physical {DATA + 8:#x}"
    assert failure(outcome.reads, 7).expected == "0x7"
    assert "load page fault" in failure(outcome.faults).expected
    vm.store(DATA + 16, 5, width=4)
    assert vm.peek(DATA + 16) == 5
    vm.store(DATA + 0xFFC, 0x1111_2222_3333_4444).reaches(DATA + 0xFFC)
    assert vm.peek(DATA + 0x1000) & 0xFFFF_FFFF == 0x1111_2222
    vm.fetch(DATA).reaches(DATA)
    vm.check_isolated()


def test_another_vms_frame_is_found():
    vm = Bench(Identity(move=lambda frame: vm.frames.foreign[5] if found else frame)).vm()
    found = []
    vm.load(DATA)
    found.append(True)
    outcome = vm.load(DATA + 0x1000)
    assert "not this VM's" in failure(outcome.reaches, DATA + 0x1000).got
    assert "another VM's" in failure(vm.check_isolated).got
    vm.store(DATA + 0x1000)
    found.clear()
    assert "has been changed" in failure(vm.frames.check_foreign).got


def test_no_progress_is_named():
    vm = Bench(Identity(answer=Answer(Act.RETRY))).vm()
    assert "again and again" in failure(vm.load, DATA).got


def test_answers_are_compared():
    pager = Identity(answer=Answer(Act.DEVICE, 0x1000))
    outcome = Bench(pager).vm().load(0x1000)
    outcome.is_device(0x1000)
    assert failure(outcome.is_device, 0x1008).expected.endswith("0x1008")
    assert failure(outcome.is_absent, 0x1000).got.startswith("left to the VMM")


def test_stores_are_emulated_once():
    pager = Identity()
    vm = Bench(pager).vm()
    vm.load(DATA)  # fills the page of the code
    pager.answer = Answer(Act.EMULATE, DATA + 0x1010)
    vm.store(DATA + 0x1010, 7).reaches(DATA + 0x1010)
    assert (vm.peek(DATA + 0x1010), pager.writes) == (7, [(DATA + 0x1010, 8)])
    vm.atomic("amoadd.d", DATA + 0x1010, 3).reads(7)
    assert vm.peek(DATA + 0x1010) == 10
    assert failure(vm.load, DATA + 0x1010).expected == "EMULATE for stores only"
    for place in (0x1000, DATA + 0x1018):
        pager.answer = Answer(Act.EMULATE, place)
        assert "in the guest's RAM, that of the store" in failure(vm.store, DATA + 0x1010).expected


def test_a_root_of_ones_own():
    vm = Bench(Identity()).vm()
    vm.load(DATA)
    vm.part.top = vm.frames.guest[3]
    assert "page 3 of this VM" in failure(vm.load, DATA).got


def test_what_the_pager_asks_for_is_checked():
    vm = Bench(Identity()).vm()
    vm.load(DATA)
    assert "once" in failure(vm.stop).expected
    assert "a PTE in the guest's RAM" in failure(vm.host.compare_and_set, 0x1000, 0, 1).expected
    vm.poke(DATA, 1)
    assert not vm.host.compare_and_set(DATA, 2, 3)
    assert vm.host.compare_and_set(DATA, 1, 3)
    assert vm.peek(DATA) == 3


def test_tables_are_built_as_asked():
    vm = Bench(Identity()).vm()
    root = vm.space()
    entry = vm.map(root, 0x40_0000, DATA, "VRU")
    assert vm.peek(entry) == pte(DATA, V | R | U)
    assert vm.entry(root, 0x40_1000) == entry + 8
    assert vm.peek(vm.entry(root, 0x40_0000, 1)) == pte(entry & ~0xFFF, "V")
