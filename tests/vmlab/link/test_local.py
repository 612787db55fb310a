from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import pytest
from vmlab.hart import HartState, Mode
from vmlab.link.errors import BadAnswer, MissingFunction
from vmlab.link.interface import Callback, InOut, Interface, Shared
from vmlab.link.local import LocalLink
from vmlab.ranges import U64
from vmlab.trap import Exc, Exit, GuestFault, IllegalInstruction, Trap


class Machine(Callback, Protocol):
    def peek(self, address: U64) -> U64: ...

    def run(self, vcpu: InOut[HartState]) -> Exit: ...


class Part(Protocol):
    def number(self) -> U64 | None: ...

    def change(self, hart: InOut[HartState]) -> None: ...

    def look(self, hart: HartState) -> Mode: ...

    def sort(self, items: InOut[list[int]], names: InOut[dict[str, int]]) -> None: ...

    def nested(self, machine: Machine) -> int: ...

    def fill(self, ram: Shared) -> None: ...


class Computer:
    def __init__(self) -> None:
        self.peeked: list[int] = []

    def peek(self, address: int) -> int:
        self.peeked.append(address)
        if address == 13:
            raise GuestFault(Trap(Exc.LOAD_PAGE))
        if address == 666:
            raise ValueError("the machine's own")
        return address * 2

    def run(self, vcpu: HartState) -> Exit:
        vcpu.pc += 4
        return Exit(8)

    def secret(self) -> int:
        return 42


Link = Callable[..., Any]


def link(**functions: Any) -> Any:
    module = types.ModuleType("toy")
    vars(module).update(functions)
    return LocalLink(module, Interface.of(Part))


def test_a_call_is_a_call() -> None:
    assert link(number=lambda: 42).number() == 42
    assert link(number=lambda: None).number() is None
    mode = link(look=lambda hart: 1).look(HartState())
    assert mode is Mode.S


def test_arguments_go_by_position_or_by_name() -> None:
    def sort(a: list[int], b: dict[str, int]) -> None:
        a.sort()
        b["n"] = len(a)

    items, names = [3, 1], {"old": 1}
    link(sort=sort).sort(items, names=names)
    assert (items, names) == ([1, 3], {"old": 1, "n": 2})
    for wrong in (lambda part: part.sort([]), lambda part: part.sort([], {}, items=[])):
        with pytest.raises(TypeError, match=r"sort takes \(items, names\)"):
            wrong(link(sort=sort))


def test_missing_functions() -> None:
    with pytest.raises(MissingFunction, match=r"toy\.py does not define number"):
        link().number()
    with pytest.raises(MissingFunction):
        link(number=5).number()
    with pytest.raises(AttributeError):
        link().other()


def test_the_parts_own_exceptions_come_as_they_are() -> None:
    def number() -> int:
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        link(number=number).number()


@pytest.mark.parametrize("answer", [-1, 1 << 64, True, 1.0, "1", [1]])
def test_a_wrong_answer_is_refused_as_a_worker_would_be(answer: object) -> None:
    with pytest.raises(BadAnswer, match=r"^number: result is"):
        link(number=lambda: answer).number()


def test_a_state_changes_in_place_and_only_if_it_is_one() -> None:
    hart = HartState(pc=8)
    registers = hart.x

    def change(state: HartState) -> None:
        state.x = [0] * 31 + [7]
        state.mode = 1  # type: ignore[assignment]
        state.pc += 4

    link(change=change).change(hart)
    assert hart.x is registers
    assert (hart.x[31], hart.pc, hart.mode) == (7, 12, Mode.S)
    assert type(hart.mode) is Mode

    def spoil(state: HartState) -> None:
        state.pc = 0
        state.x[4] = -1

    before = hart.copy()
    with pytest.raises(BadAnswer, match=r"change: hart\.x\[4\] is -1"):
        link(change=spoil).change(hart)
    assert hart == before


def test_a_change_before_a_declared_exception_counts() -> None:
    def change(state: HartState) -> None:
        state.pc = 4
        raise IllegalInstruction

    hart = HartState()
    with pytest.raises(IllegalInstruction):
        link(change=change).change(hart)
    assert hart.pc == 4


def test_an_argument_that_is_not_inout_is_a_copy() -> None:
    kept: list[HartState] = []

    def look(hart: HartState) -> Mode:
        hart.pc = 99
        hart.x[1] = 5
        kept.append(hart)
        return hart.mode

    hart = HartState()
    link(look=look).look(hart)
    assert hart == HartState()
    kept[0].pc = 1
    assert hart == HartState()


def test_an_exception_with_wrong_fields_is_a_wrong_answer() -> None:
    def number() -> int:
        raise GuestFault("no trap")  # type: ignore[arg-type]

    with pytest.raises(BadAnswer, match=r"GuestFault\.trap|GuestFault"):
        link(number=number).number()


def test_a_part_calls_the_machine() -> None:
    computer = Computer()
    assert link(nested=lambda m: m.peek(4) + 1).nested(computer) == 9

    def run(machine: Any) -> int:
        vcpu = HartState()
        cause: int = machine.run(vcpu).cause
        return cause + int(vcpu.pc)

    assert link(nested=run).nested(computer) == 12


def test_the_machines_declared_exception_can_be_caught_by_the_part() -> None:
    def nested(machine: Any) -> int:
        try:
            machine.peek(13)
        except GuestFault as fault:
            return fault.trap.cause
        return 0

    assert link(nested=nested).nested(Computer()) == Exc.LOAD_PAGE


def test_the_machines_other_exceptions_cannot_be_swallowed() -> None:
    def nested(machine: Any) -> int:
        with suppress(Exception):
            machine.peek(666)
        return 0

    with pytest.raises(ValueError, match="the machine's own"):
        link(nested=nested).nested(Computer())


def test_the_part_sees_the_interface_and_no_more() -> None:
    computer = Computer()
    with pytest.raises(AttributeError):
        link(nested=lambda m: m.secret()).nested(computer)
    with pytest.raises(TypeError, match="peek: address is -1"):
        link(nested=lambda m: m.peek(-1)).nested(computer)
    assert computer.peeked == []


def test_shared_memory_is_not_copied() -> None:
    ram = memoryview(bytearray(4))

    def fill(view: memoryview) -> None:
        view[1] = 7

    link(fill=fill).fill(ram)
    assert bytes(ram) == b"\0\7\0\0"


def test_vmlab_imports_nothing_of_the_grader() -> None:
    code = (
        "import sys, vmlab.link.local, vmlab.link.serve, vmlab.parts.traps;"
        "print([m for m in sys.modules if m.split('.')[0] in ('pydantic', 'grader', 'pytest')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
