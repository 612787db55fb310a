from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Annotated, Any

import pytest
from vmlab.hart import HartState, Mode
from vmlab.link.block import Block, block
from vmlab.link.wire import NotPlain
from vmlab.ranges import U12, U64, Only
from vmlab.trap import Action, Exc, Exit, Trap

MASK = (1 << 64) - 1
HART = block(HartState)
assert HART is not None
PLACES = {"pc": 0, "mode": 27, "seip": 28, "x0": 29, "x31": 60}


def changed(before: HartState, after: HartState) -> tuple[bytes, Any]:
    assert HART is not None
    data = HART.pack_changes(HART.numbers(before), after)
    places, values, end = HART.unpack_changes(data, 0)
    assert end == len(data)
    return places, values


def filled() -> HartState:
    numbers = {f.name: MASK - n for n, f in enumerate(fields(HartState))}
    numbers.update(x=[0, *range(1 << 63, (1 << 63) + 31)], mode=Mode.S, seip=True)
    return HartState(**numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        HartState(),
        filled(),
        Trap(MASK, True, (1 << 32) - 1, 5, 6),
        Exit(8, retired=MASK),
    ],
)
def test_a_record_survives_the_way_there_and_back(value: Any) -> None:
    integers = block(type(value))
    assert integers is not None
    back = integers.unpack(integers.pack(value))
    assert back == value
    for name in (f.name for f in fields(value)):
        assert type(getattr(back, name)) is type(getattr(value, name))


def test_members_of_enumerations_pass_for_the_numbers_they_are() -> None:
    integers = block(Trap)
    assert integers is not None
    back = integers.unpack(integers.pack(Trap(Exc.BREAKPOINT)))
    assert type(back.cause) is int
    assert back.cause == 3
    assert HART is not None
    assert HART.unpack(HART.pack(HartState(mode=1))).mode is Mode.S  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"pc": -1}, "pc is -1"),
        ({"pc": 1 << 64}, "pc is"),
        ({"mode": 2}, "mode is 2"),
        ({"seip": 1}, "seip is 1"),
        ({"x": [1] + [0] * 31}, r"x\[0\] is 1"),
        ({"x": [0] * 31}, "x has 31 items"),
        ({"x": (0,) * 32}, r"x is \(0,"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(new: dict[str, Any], said: str) -> None:
    assert HART is not None
    with pytest.raises(NotPlain, match=said):
        HART.pack(HartState(**new))
    with pytest.raises(NotPlain, match=said):
        HART.pack_changes(HART.numbers(HartState()), HartState(**new))


@dataclass
class Odd:
    a: U64
    b: U64
    c: U64
    d: U12


@dataclass
class Small:
    a: U64
    b: U64


@pytest.mark.parametrize("annotation", [Odd, Small, Action, int, list[int], HartState | None])
def test_other_data_is_no_block(annotation: Any) -> None:
    assert block(annotation) is None


def test_what_changed_comes_back_and_nothing_else() -> None:
    same = filled()
    assert changed(same, same) == (b"", ())
    after = HartState(pc=7, mode=Mode.U, seip=True)
    after.x[31] = MASK
    places, values = changed(HartState(), after)
    assert [*places] == [PLACES["pc"], PLACES["mode"], PLACES["seip"], PLACES["x31"]]
    assert [*values] == [7, Mode.U, True, MASK]
    assert [type(each) for each in values] == [int, Mode, bool, int]


def test_changes_reach_the_callers_object_and_its_own_list() -> None:
    target = HartState(pc=1)
    registers = target.x
    assert HART is not None
    HART.assign(target, *changed(HartState(), filled()))
    assert target == filled()
    assert target.x is registers


def test_a_value_that_is_equal_but_no_plain_integer_is_made_one() -> None:
    five = IntEnum("N", {"FIVE": 5}).FIVE
    after = HartState(pc=five, mode=1)  # type: ignore[arg-type]
    after.x[3] = five
    _, values = changed(HartState(), after)
    assert [(type(each), each) for each in values] == [(int, 5), (Mode, Mode.S), (int, 5)]


def forged(*changes: tuple[int, int], count: int | None = None) -> bytes:
    places = bytes(place for place, _ in changes)
    numbers = [number for _, number in changes]
    size = len(changes) if count is None else count
    return bytes([size]) + places + struct.pack(f"<{len(numbers)}Q", *numbers)


def test_a_forged_change_that_an_honest_end_could_have_sent_is_taken() -> None:
    assert HART is not None
    assert HART.unpack_changes(forged((0, MASK), (27, 3)), 0) == (b"\0\x1b", [MASK, Mode.M], 19)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        forged(count=1),
        forged((0, 1), count=2),
        forged((0, 1))[:-1],
        b"\xff" * 100,
        forged((PLACES["x0"], 0)),
        forged((0, 1), (PLACES["x0"], 5), (58, 1)),
        forged((61, 1)),
        forged((255, 1)),
        forged((1, 1), (0, 1)),
        forged((1, 1), (1, 2)),
        forged((PLACES["mode"], 2)),
        forged((PLACES["mode"], MASK)),
        forged((PLACES["seip"], 2)),
        forged((0, 1), (PLACES["mode"], 1), (PLACES["seip"], 1 << 32)),
    ],
)
def test_other_changes_are_refused(data: bytes) -> None:
    assert HART is not None
    with pytest.raises(ValueError, match=r"change| is "):
        HART.unpack_changes(data, 0)


def test_words_are_checked_too() -> None:
    integers = block(Trap)
    assert isinstance(integers, Block)
    assert integers.unpack_changes(forged((4, (1 << 32) - 1)), 0)[1] == [(1 << 32) - 1]
    with pytest.raises(ValueError, match="instruction is"):
        integers.unpack_changes(forged((4, 1 << 32)), 0)
    with pytest.raises(NotPlain, match="instruction"):
        integers.pack(Trap(2, instruction=1 << 32))


def test_a_whole_hart_that_may_be_forged() -> None:
    assert HART is not None
    hart = filled()
    assert len(HART.pack(hart)) == HART.size
    assert HART.unpack_checked(HART.pack(hart)) == hart


@pytest.mark.parametrize("harm", ["x0", "mode", "seip"])
def test_a_hart_that_no_honest_end_sends(harm: str) -> None:
    assert HART is not None
    data = bytearray(HART.pack(filled()))
    data[8 * PLACES[harm]] = 2
    with pytest.raises(ValueError, match=r"field|x\[0\]"):
        HART.unpack_checked(bytes(data))


def running() -> Block:
    found = block(Annotated[HartState, Only(("pc", "x"))])
    assert found is not None
    return found


def test_of_some_fields_only_those_cross() -> None:
    hart = filled()
    assert running().size == 8 * 33
    there = running().unpack_checked(running().pack(hart))
    assert there == HartState(pc=hart.pc, x=hart.x)
    hart.mepc = -1  # nobody looks
    assert running().unpack(running().pack(hart)) == there


def test_some_fields_come_back_whole() -> None:
    here, registers = filled(), filled().x
    here.x = registers
    there = HartState(pc=5, x=[0, *range(100, 131)])
    data = b"before" + running().pack_changes(running().numbers(there), there) + b"behind"
    places, numbers, end = running().unpack_changes(data, 6)
    running().assign(here, places, numbers)
    assert data[end:] == b"behind"
    assert here.x is registers
    expected = filled()
    expected.pc, expected.x = there.pc, there.x
    assert here == expected


def test_some_fields_that_no_honest_end_sends() -> None:
    data = running().pack(HartState())
    with pytest.raises(ValueError, match="end in their middle"):
        running().unpack_changes(data[:-1], 0)
    with pytest.raises(ValueError, match=r"x\[0\] is not 0"):
        running().unpack_changes(data[:8] + b"\1" + data[9:], 0)
    with pytest.raises(NotPlain, match=r"x\[3\]"):
        running().pack_changes((), HartState(x=[0, 0, 0, -1, *[0] * 28]))
