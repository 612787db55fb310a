"""A guest's addresses go through page tables that its VMM keeps; and the TLB of the guests."""

from __future__ import annotations

import pytest
from vmlab.access import Access
from vmlab.hart import MASK64, HartState
from vmlab.sv39 import PPN_MASK, A, D, R, U, V, W, X
from vmlab.trace import Trace
from vmlab.trap import Exc, Exit, GuestFault, Trap

BASE = 0x8000_0000
CODE, DATA = 0x10_0000, 0x20_0000
"""Virtual pages."""
ALL = V | R | W | X | U | A | D


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


class Tables:
    """Page tables in the machine's RAM, a page each from `first` on."""

    def __init__(self, machine, first: int) -> None:
        self._words = machine.memory.unsigned[8]
        self.next = first
        self.satp = 8 << 60 | self._page() >> 12

    def _page(self) -> int:
        self.next += 0x1000
        return self.next - 0x1000

    def map(self, address: int, physical: int, rights: int = ALL) -> None:
        table = (self.satp & PPN_MASK) << 12
        for level in (2, 1):
            number = table - BASE >> 3 | address >> 12 + 9 * level & 0x1FF
            if not self._words[number]:
                self._words[number] = self._page() >> 2 | V
            table = self._words[number] >> 10 << 12
        self._words[table - BASE >> 3 | address >> 12 & 0x1FF] = physical >> 2 | rights


@pytest.fixture
def machine(boot):
    """A machine whose RAM begins with a load from a1, a store there, and an ecall."""
    return boot("_start: ld a0, (a1)\n sd a2, (a1)\n ecall\n", ram_mib=1)


@pytest.fixture
def tables(machine):
    tables = Tables(machine, BASE + 0x1_0000)
    tables.map(CODE, BASE)
    tables.map(DATA, BASE + 0x8000)
    return tables


def enter(machine, satp: int, pc: int = CODE, a1: int = DATA, a2: int = 0):
    vcpu = HartState(pc=pc)
    vcpu.x[11], vcpu.x[12] = a1, a2
    return machine.run_guest(vcpu, 100, satp=satp), vcpu


def test_fetches_loads_and_stores_are_translated(machine, tables):
    machine.memory.unsigned[8][0x1000] = 5
    exit, vcpu = enter(machine, tables.satp, a2=9)
    assert (exit, exit.retired) == (Exit(Exc.ECALL_U), 2)
    assert (vcpu.x[10], vcpu.pc) == (5, CODE + 8)
    assert machine.memory.unsigned[8][0x1000] == 9
    assert machine.hart.satp == 0
    assert vcpu.satp == 0


@pytest.mark.parametrize(
    ("rights", "cause", "retired"),
    [
        (ALL & ~V, Exc.LOAD_PAGE, 0),
        (ALL & ~U, Exc.LOAD_PAGE, 0),
        (ALL & ~A, Exc.LOAD_PAGE, 0),
        (ALL & ~(R | W), Exc.LOAD_PAGE, 0),
        (ALL & ~W, Exc.STORE_PAGE, 1),
        (ALL & ~D, Exc.STORE_PAGE, 1),
    ],
)
def test_what_the_tables_refuse_is_an_exit(machine, tables, rights, cause, retired):
    tables.map(DATA, BASE + 0x8000, rights)
    exit, vcpu = enter(machine, tables.satp, a1=DATA + 16)
    assert (exit, exit.retired) == (Exit(cause, tval=DATA + 16), retired)
    tables.map(DATA, BASE + 0x8000)  # filling needs no fence: refusals are not remembered
    assert machine.run_guest(vcpu, 100, satp=tables.satp) == Exit(Exc.ECALL_U)


def test_a_page_outside_ram_is_an_access_fault_at_the_virtual_address(machine, tables):
    tables.map(DATA, 0x1000_0000)  # the real UART
    exit, _ = enter(machine, tables.satp, a1=DATA + 8)
    assert exit == Exit(Exc.LOAD_ACCESS, tval=DATA + 8)
    assert machine.uart.output == b""


def test_a_root_outside_ram_is_an_access_fault_of_the_fetch(machine):
    exit, _ = enter(machine, 8 << 60 | 0x1000)
    assert exit == Exit(Exc.INSTRUCTION_ACCESS, tval=CODE)


@pytest.mark.parametrize("mode", [1, 9, 15])
def test_a_root_is_bare_or_sv39(machine, tables, mode):
    with pytest.raises(ValueError, match="MODE is neither Bare nor Sv39"):
        enter(machine, mode << 60 | tables.satp & PPN_MASK)
    assert enter(machine, tables.satp)[0] == Exit(Exc.ECALL_U)


def test_roots_have_translations_of_their_own(machine, tables):
    other = Tables(machine, BASE + 0x2_0000)
    other.map(CODE, BASE)
    other.map(DATA, BASE + 0x9000)
    bare = BASE + 0xA000
    for page, value in ((8, 1), (9, 2), (10, 3)):
        machine.memory.unsigned[8][page << 9] = value
    for _ in range(3):
        assert enter(machine, tables.satp, a2=1)[1].x[10] == 1
        assert enter(machine, other.satp, a2=2)[1].x[10] == 2
        assert enter(machine, 0, pc=BASE, a1=bare, a2=3)[1].x[10] == 3


def test_what_was_used_stays_until_the_fence(machine, tables):
    assert enter(machine, tables.satp)[0] == Exit(Exc.ECALL_U)
    tables.map(DATA, BASE + 0x8000, ALL & ~W)
    enter(machine, 0, pc=BASE, a1=BASE + 0x8000)  # naming another root flushes nothing
    assert enter(machine, tables.satp)[0] == Exit(Exc.ECALL_U)
    machine.fence_guest()
    assert enter(machine, tables.satp)[0] == Exit(Exc.STORE_PAGE, tval=DATA)


def test_a_fence_covers_every_root_and_code_too(machine, tables):
    other = Tables(machine, BASE + 0x2_0000)
    other.map(CODE, BASE)
    other.map(DATA, BASE + 0x8000)
    for satp in (tables.satp, other.satp):
        assert enter(machine, satp)[0] == Exit(Exc.ECALL_U)
    for each in (tables, other):
        each.map(CODE, BASE, 0)
    machine.fence_guest()
    for satp in (tables.satp, other.satp):
        assert enter(machine, satp)[0] == Exit(Exc.INSTRUCTION_PAGE, tval=CODE)


def test_fetch_goes_through_the_tables_of_the_guest_that_ran_last(machine, tables):
    enter(machine, tables.satp)
    assert machine.guest.fetch(CODE + 8) == 0x73
    with pytest.raises(GuestFault) as caught:
        machine.guest.fetch(BASE)
    assert caught.value.trap == Trap(Exc.INSTRUCTION_PAGE, address=BASE)
    tables.map(CODE + 0x1000, 0x1000_0000)
    machine.ram[0xFFE:0x1000] = b"\x13\x00"
    with pytest.raises(GuestFault) as caught:
        machine.guest.fetch(CODE + 0xFFE)
    assert caught.value.trap == Trap(Exc.INSTRUCTION_ACCESS, address=CODE + 0xFFE, offset=2)
    enter(machine, 0, pc=BASE, a1=BASE)
    assert machine.guest.fetch(BASE + 8) == 0x73


def test_a_reservation_does_not_pass_to_another_root(boot):
    machine = boot("_start: lr.d a0, (a1)\n ecall\n sc.d a0, a2, (a1)\n ecall\n")
    tables = Tables(machine, BASE + 0x1_0000)
    tables.map(CODE, BASE)
    tables.map(DATA, BASE + 0x8000)
    enter(machine, tables.satp)
    _, second = enter(machine, 0, pc=BASE + 8, a1=BASE + 0x8000)
    assert second.x[10] == 1


def test_addresses_wrap_and_must_be_canonical(machine, tables):
    for address in (1 << 38, MASK64 - 7):
        assert enter(machine, tables.satp, a1=address)[0] == Exit(Exc.LOAD_PAGE, tval=address)


def test_walks_are_traced(boot):
    trace = Trace("walks", "exits")
    machine = boot("_start: ecall", trace=trace)
    enter(machine, Tables(machine, BASE + 0x1_0000).satp)
    assert "walk: fetch at 0x100000 as U" in trace.text()
    assert "exit: exception 12 (INSTRUCTION_PAGE) at pc 0x100000, tval 0x100000" in trace.text()


def test_translate_answers_as_an_access_would_and_remembers(machine, tables):
    exit, _ = enter(machine, tables.satp)
    assert exit == Exit(Exc.ECALL_U)
    tables.map(DATA + 0x1000, BASE + 0x9000, ALL & ~(W | X))
    guest = machine.guest
    assert guest.translate(DATA + 0x1008, Access.LOAD) == BASE + 0x9008
    assert guest.translate(DATA + 0x1008, Access.STORE) is None
    assert guest.translate(DATA + 0x1008, Access.FETCH) is None
    assert guest.translate(1 << 62, Access.LOAD) is None
    tables.map(DATA + 0x1000, BASE + 0xA000)
    assert guest.translate(DATA + 0x1008, Access.LOAD) == BASE + 0x9008
    assert guest.translate(DATA + 0x1008, Access.STORE) == BASE + 0xA008
    guest.fence()
    assert guest.translate(DATA + 0x1008, Access.LOAD) == BASE + 0xA008
