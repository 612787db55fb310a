"""Calls over the link to a worker: what comes through, and what does not."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from vmlab.hart import HartState, Mode
from vmlab.link.errors import (
    BadAnswer,
    LinkFailure,
    MissingFunction,
    PartError,
    PartExited,
    PartRaised,
    PartTimeout,
)
from vmlab.link.interface import Interface
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.trap import Exc, Exit, GuestFault, IllegalInstruction, Trap

from grader.link import SharedMemory
from grader.zygote import Limits

MASK = (1 << 64) - 1


class Computer:
    """What a toy part may call."""

    def __init__(self) -> None:
        self.peeked: list[int] = []

    def peek(self, address: int) -> int:
        self.peeked.append(address)
        if address == 13:
            raise GuestFault(Trap(Exc.LOAD_PAGE))
        if address == 666:
            raise Mismatch("a scenario", "this", "that")
        return address * 2

    def run(self, vcpu: HartState, budget: int) -> Exit:
        vcpu.pc += budget
        vcpu.x[7] = MASK
        return Exit(Exc.ECALL_U)

    def find(self, text: str) -> int:
        self.peeked.append(len(text))
        return ord(text[0])

    def poke(self, address: int) -> int:
        raise AssertionError("not in the interface")


@pytest.fixture
def toy_part(part: Callable[..., Any]) -> Any:
    return part()


def test_every_shape_of_data_comes_through(toy_part: Any, toy: ModuleType) -> None:
    parcel = toy.Parcel(
        toy.Colour.BLUE, [0, 2**32 - 1], "é\n\0", bytes(range(256)), (-5, True), {"": 1}
    )
    assert toy_part.echo(parcel) == parcel
    empty = toy.Parcel(toy.Colour.RED, [], None, b"", (0, False), {})
    assert toy_part.echo(empty) == empty


def test_results(toy_part: Any) -> None:
    assert toy_part.number("right") == 42
    assert toy_part.number("none") is None
    assert toy_part.flag("true") is True
    assert toy_part.mode("plain") is Mode.S
    assert toy_part.short("abc") == [0, 0, 0]


def test_an_inout_argument_comes_back_into_the_same_object(toy_part: Any) -> None:
    hart = HartState(pc=100)
    registers = hart.x
    toy_part.change(hart, "fine")
    assert (hart.pc, hart.x[5]) == (104, 7)
    toy_part.change(hart, "replaced list")
    assert hart.x is registers
    assert registers == [0] * 31 + [9]


def test_declared_exceptions_cross_with_their_fields_and_the_inout_state(toy_part: Any) -> None:
    hart = HartState(pc=8)
    with pytest.raises(GuestFault) as caught:
        toy_part.change(hart, "fault")
    assert caught.value.trap == Trap(12, address=8)
    with pytest.raises(IllegalInstruction):
        toy_part.change(hart, "illegal")
    assert hart.pc == 99


@pytest.mark.parametrize(
    "name",
    ["wide", "negative", "x0", "short list", "bool", "equal", "bad fault"],
)
def test_a_state_that_no_hart_has_is_refused_and_changes_nothing(toy_part: Any, name: str) -> None:
    hart = HartState(pc=8)
    with pytest.raises(BadAnswer, match=r"^change: (hart|GuestFault)"):
        toy_part.change(hart, name)
    assert hart == HartState(pc=8)
    assert toy_part.number("right") == 42, "a wrong answer does not end the worker"


@pytest.mark.parametrize(
    "name", ["huge", "gigantic", "negative", "bool", "nan", "float", "text", "equal"]
)
def test_a_number_of_the_wrong_type_or_range_is_refused(toy_part: Any, name: str) -> None:
    with pytest.raises(BadAnswer, match=r"^number: result is"):
        toy_part.number(name)


def test_other_wrong_results_are_refused(toy_part: Any) -> None:
    for call in (
        lambda: toy_part.flag("one"),
        lambda: toy_part.flag("zero"),
        lambda: toy_part.mode("true"),
        lambda: toy_part.mode("two"),
        lambda: toy_part.mode("float"),
        lambda: toy_part.short("abcd"),
    ):
        with pytest.raises(BadAnswer, match="result"):
            call()


def test_an_int_of_a_students_own_class_is_its_plain_value(toy_part: Any) -> None:
    value = toy_part.number("evil int")
    assert type(value) is int
    assert value == 3


def test_our_own_wrong_argument_is_our_failure(toy_part: Any) -> None:
    with pytest.raises(LinkFailure, match=r"text has 5 items, not 0 to 4"):
        toy_part.short("abcde")
    with pytest.raises(TypeError, match=r"short takes \(text\)"):
        toy_part.short()


def test_missing_functions_and_functions_of_no_interface(part: Callable[..., Any]) -> None:
    link = part(source="number = 5\n")
    with pytest.raises(MissingFunction, match=r"villain\.py does not define flag"):
        link.flag("x")
    with pytest.raises(MissingFunction, match=r"villain\.py does not define number"):
        link.number("x")
    with pytest.raises(AttributeError):
        link.poke(1)


def test_what_a_part_raises_is_told_with_the_students_line_only(toy_part: Any) -> None:
    with pytest.raises(
        PartRaised, match=r"number raised ZeroDivisionError: .* \(values\.py, line \d+\)"
    ) as caught:
        toy_part.number("zero division")
    assert "1 // 0" in caught.value.traceback
    assert "/" not in caught.value.traceback.replace("1 // 0", "")
    assert "serve" not in caught.value.traceback
    for name, kind in [
        ("exit", "SystemExit"),
        ("interrupt", "KeyboardInterrupt"),
        ("generator exit", "GeneratorExit"),
    ]:
        with pytest.raises(PartRaised, match=kind):
            toy_part.number(name)
    assert toy_part.number("right") == 42


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\ny = x +\n", r"the import raised SyntaxError: .*villain\.py, line 2"),
        (
            "def f():\n    return 1 / 0\nf()\n",
            r"the import raised ZeroDivisionError.*villain\.py, line 2",
        ),
        ("import sys\nsys.exit(0)\n", r"the import raised SystemExit: 0 \(villain\.py, line 2\)"),
        ("import pydantic\n", r"ModuleNotFoundError.*villain\.py, line 1"),
        ("raise KeyboardInterrupt\n", r"KeyboardInterrupt \(villain\.py, line 1\)"),
        ("\0", r"the import raised (SyntaxError|ValueError)"),
        ("# coding: nonsense\n", r"the import raised SyntaxError"),
        (
            "x = " + "(" * 5000,
            r"the import raised (SyntaxError|MemoryError|RecursionError)|out of memory",
        ),
    ],
)
def test_a_part_that_cannot_be_imported_fails_at_each_call(
    part: Callable[..., Any], source: str, said: str
) -> None:
    link = part(source=source)
    for _ in range(2):
        with pytest.raises(PartError, match=said):
            link.number("right")


def test_a_part_that_exits_or_loops_at_import_fails_at_the_first_call(
    part: Callable[..., Any],
) -> None:
    with pytest.raises(PartExited, match="exit status 7"):
        part(source="import os\nos._exit(7)\n").number("right")
    with pytest.raises(PartTimeout, match="processor time"):
        part(source="while True: pass\n", limits=Limits(cpu_seconds=1)).number("right")


# Nested calls


def test_a_part_calls_the_machine_while_it_is_called(toy_part: Any) -> None:
    computer, vcpu = Computer(), HartState(pc=0x8000_0000)
    assert toy_part.nested(vcpu, computer, "peek") == 0x1_0000_0001
    assert computer.peeked == [0x8000_0000]
    assert toy_part.nested(vcpu, computer, "run") == Exc.ECALL_U
    assert (vcpu.pc, vcpu.x[7]) == (0x8000_000A, MASK)
    assert toy_part.nested(vcpu, computer, "fault") == Exc.LOAD_PAGE
    assert toy_part.nested(vcpu, computer, "find") == ord("A")


def test_what_the_machine_raises_ends_the_call_whatever_the_part_does(toy_part: Any) -> None:
    computer = Computer()
    with pytest.raises(Mismatch):
        toy_part.nested(HartState(), computer, "swallow")
    with pytest.raises(BadAnswer, match="went on after"):
        toy_part.number("right")
    assert computer.peeked == [666]


def test_an_honest_part_goes_on_after_the_machine_has_raised(part: Callable[..., Any]) -> None:
    link = part(
        source="def nested(vcpu, computer, name): return computer.peek(666)\n"
        "def number(name): return 42\n"
    )
    with pytest.raises(Mismatch):
        link.nested(HartState(), Computer(), "")
    assert link.number("") == 42


def test_a_proxy_is_of_no_use_after_its_call(toy_part: Any) -> None:
    computer = Computer()
    toy_part.nested(HartState(), computer, "keep")
    with pytest.raises(PartRaised, match="after its call had ended"):
        toy_part.nested(HartState(), computer, "kept")
    assert computer.peeked == []


def test_a_proxy_has_the_interfaces_methods_and_ranges(toy_part: Any) -> None:
    computer = Computer()
    with pytest.raises(PartRaised, match="AttributeError"):
        toy_part.nested(HartState(), computer, "unknown")
    with pytest.raises(PartRaised, match=r"address is -1 .int., not an unsigned integer"):
        toy_part.nested(HartState(), computer, "out of range")
    assert computer.peeked == []


def test_calls_over_the_link_are_counted(toy_part: Any) -> None:
    computer = Computer()
    with pytest.raises(OutOfBudget, match="200 calls"):
        toy_part.nested(HartState(), computer, "endless")
    assert len(computer.peeked) == 199


@pytest.mark.parametrize(
    "name",
    [
        "forged argument",
        "forged method",
        "forged form",
        "forged dunder",
        "forged parameter",
        "extra argument",
        "missing argument",
        "other question",
        "with blocks",
        "twice",
    ],
)
def test_a_forged_nested_call_does_not_reach_the_machine(toy_part: Any, name: str) -> None:
    computer = Computer()
    with pytest.raises(BadAnswer, match="wrong form"):
        toy_part.nested(HartState(), computer, name)
    assert len(computer.peeked) == (1 if name == "twice" else 0)


@pytest.mark.parametrize(
    "name",
    [
        *("code too large", "largest code", "code of a document", "other call"),
        *("too short", "too long", "nothing", "with a document"),
        *(
            "announced longer",
            "announced shorter",
            "register zero",
            "mode two",
            "seip two",
            "twice",
        ),
    ],
)
def test_a_forged_compact_call_does_not_reach_the_machine(toy_part: Any, name: str) -> None:
    computer = Computer()
    with pytest.raises(BadAnswer, match="wrong form"):
        toy_part.nested(HartState(), computer, f"compact {name}")
    assert len(computer.peeked) == (1 if name == "twice" else 0)


# Forged answers


@pytest.mark.parametrize(
    "kind",
    [
        "announced",
        "empty",
        "half a head",
        "wrong id",
        "id of another time",
        "more blocks than bytes",
        "text in blocks",
        "unasked blocks",
        "no text",
        "not json",
        "list",
        "deep",
        "long number",
        "nan",
        "not unicode",
        "surrogate",
        "no result",
        "other kind",
        "object kind",
        "extra key",
        "unknown exception",
        "forged exception",
        "giant text",
        "unasked inout",
        "unknown reason",
        "wordy",
    ],
)
def test_a_forged_answer_is_a_bad_answer_and_ends_the_worker(toy_part: Any, kind: str) -> None:
    for call in (lambda: toy_part.attack("forge", kind), lambda: toy_part.number("right")):
        with pytest.raises(BadAnswer, match="the answer has the wrong form") as caught:
            call()
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "name",
    [
        "no changes",
        "half a change",
        "a change too many",
        "no place",
        "last place",
        "register zero",
        "mode two",
        "wide mode",
        "seip two",
        "twice",
        "backwards",
        "many",
        "in text",
        "failed with changes",
    ],
)
def test_a_forged_state_changes_nothing_and_ends_the_worker(toy_part: Any, name: str) -> None:
    hart = HartState(pc=8)
    for _ in range(2):
        with pytest.raises(BadAnswer, match="the answer has the wrong form"):
            toy_part.change(hart, f"forged {name}")
        assert hart == HartState(pc=8)


def test_a_second_answer_to_a_question_is_not_taken_for_the_next(toy_part: Any) -> None:
    assert toy_part.attack("forge", "twice") == "x"
    with pytest.raises(BadAnswer, match="wrong form"):
        toy_part.number("right")


@pytest.mark.parametrize("kind", ["half", "drip"])
def test_a_frame_that_never_ends_times_out(part: Callable[..., Any], kind: str) -> None:
    link = part(limits=Limits(cpu_seconds=5, wall_seconds=0.3))
    with pytest.raises(PartTimeout, match="took too long"):
        link.attack("forge", kind)


@pytest.mark.parametrize("name", ["replace builtins", "replace json"])
def test_breaking_its_own_process_harms_only_the_part(toy_part: Any, name: str) -> None:
    for _ in range(2):
        with pytest.raises(PartError):
            toy_part.number(name)


# Shared memory


def test_guest_memory_is_shared_and_not_copied(worker: Any, toy: ModuleType) -> None:
    with SharedMemory(1 << 20) as memory:
        link = worker(ram=memory.descriptor).link(Interface.of(toy.Part))
        link.fill(memory.view, 4096, b"hello")
        assert bytes(memory.view[4096:4101]) == b"hello"
        assert sum(memory.view) == sum(b"hello")


def test_the_size_of_shared_memory_cannot_be_changed(worker: Any) -> None:
    with SharedMemory(1 << 16) as memory, pytest.raises(PermissionError):
        os.ftruncate(memory.descriptor, 0)
    unsealed = os.memfd_create("unsealed")
    with pytest.raises(ValueError, match="not sealed"):
        worker(ram=unsealed)
    os.close(unsealed)
