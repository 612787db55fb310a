from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Annotated, Any, Optional

import pytest
from vmlab.hart import HartState, Mode
from vmlab.link.wire import NotPlain, codec
from vmlab.ranges import U12, U64, Bits, Length, Registers
from vmlab.trap import Act, Action, Exc, Exit, Trap


class Word(Enum):
    ONE = "one"


@dataclass
class Inner:
    word: Word
    tags: list[Annotated[str, Length(3)]]


@dataclass
class Outer:
    inner: Inner
    table: dict[str, list[U12]]
    pair: tuple[int, Optional[bytes]]  # noqa: UP045  (both spellings cross)


CASES: list[tuple[Any, Any]] = [
    (int, -(1 << 63)),
    (int, (1 << 64) - 1),
    (U64, (1 << 64) - 1),
    (bool, True),
    (str, 'quotes " and \\ and \0 and é and 漢'),
    (bytes, bytes(range(256))),
    (None, None),
    (Mode, Mode.M),
    (Word, Word.ONE),
    (U64 | None, None),
    (U64 | None, 0),
    (list[int], []),
    (list[list[bool]], [[True], []]),
    (dict[str, int], {"": 1, "x": -2}),
    (tuple[int, str], (1, "a")),
    (Outer, Outer(Inner(Word.ONE, ["abc"]), {"k": [4095]}, (0, b"\xff"))),
    (HartState, HartState(x=[0] + [(1 << 64) - 1] * 31, mode=Mode.U, seip=True)),
    (Trap, Trap(Exc.LOAD_PAGE.value, address=5)),
    (Exit, Exit(8)),
    (Action, Action(Act.FENCE, address=4096)),
]


@pytest.mark.parametrize(("annotation", "value"), CASES, ids=lambda each: str(each)[:30])
def test_a_value_survives_the_way_there_and_back(annotation: Any, value: Any) -> None:
    there = json.dumps(codec(annotation).dump(value))
    back = codec(annotation).load(json.loads(there))
    assert back == value
    assert type(back) is type(value)


def test_a_record_crosses_with_all_its_fields() -> None:
    fields = {"cause": 8, "interrupt": False, "tval": 0, "retired": 2}
    assert codec(Exit).dump(Exit(8, retired=2)) == fields


def test_members_of_enumerations_pass_for_the_numbers_they_are() -> None:
    cause = codec(Trap).dump(Trap(Exc.BREAKPOINT))["cause"]
    assert type(cause) is int
    assert cause == 3
    state = HartState(x=[IntEnum("N", {"A": n})(n) if n else 0 for n in range(32)])
    assert {type(value) for value in codec(HartState).dump(state)["x"]} == {int}
    assert codec(Mode).dump(1) == 1


class Equal:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise RuntimeError


WRONG: list[tuple[Any, Any, str]] = [
    (int, True, "is True (bool), not an int"),
    (int, 1.0, "is 1.0 (float), not an int"),
    (int, 1 << 64, "integer of 64 bits"),
    (U12, 4096, "is 4096 (int), not an unsigned integer of 12 bits"),
    (U12, -1, "is -1 (int), not an unsigned integer of 12 bits"),
    (int, Equal(), "is <Equal instance> (Equal), not an int"),
    (bool, 1, "is 1 (int), not a bool"),
    (None, 0, "is 0 (int), not None"),
    (str, b"", "is b'' (bytes), not a str"),
    (Mode, 2, "is 2 (int), not a Mode"),
    (Mode, True, "is True (bool), not a Mode"),
    (Word, "one", "is 'one' (str), not a Word"),
    (list[int], (1,), "is (1,) (tuple), not a list"),
    (list[int], [0, "x"], "[1] is 'x' (str), not an int"),
    (list[U12], [0, 4096], "[1] is 4096 (int)"),
    (list[list[int]], [[], [0, None]], "[1][1] is None"),
    (dict[str, int], {1: 1}, "is 1 (int), not a str"),
    (tuple[int, str], (1,), "has 1 items, not 2"),
    (tuple[int, str], (1, 2), "[1] is 2 (int), not a str"),
    (Annotated[str, Length(3)], "abcd", "has 4 items, not 0 to 3"),
    (Annotated[bytes, Length(3, least=1)], b"", "has 0 items, not 1 to 3"),
    (Registers, [1] + [0] * 31, "[0] is 1 (int), not 0"),
    (Registers, [0] * 31, "has 31 items, not 32"),
    (Exit, Trap(1), "(Trap), not a Exit"),
    (HartState, HartState(pc=-4), "pc is -4 (int), not an unsigned integer of 64 bits"),
    (HartState, HartState(mode=2), "mode is 2 (int), not a Mode"),  # type: ignore[arg-type]
    (HartState, HartState(seip=1), "seip is 1 (int), not a bool"),
    (HartState, HartState(x=[0] * 5 + [1 << 64] + [0] * 26), "x[5] is 18446744073709551616"),
    (Outer, Outer(Inner(Word.ONE, ["abcd"]), {}, (0, None)), "inner.tags[0] has 4 items"),
    (Outer, Outer(Inner(Word.ONE, []), {"k": [-1]}, (0, None)), "table['k' (str)][0] is -1"),
]


@pytest.mark.parametrize(("annotation", "value", "said"), WRONG, ids=lambda each: str(type(each)))
def test_what_does_not_fit_is_refused_with_its_place(
    annotation: Any, value: Any, said: str
) -> None:
    with pytest.raises(NotPlain) as caught:
        codec(annotation).dump(value)
    assert said in str(caught.value)


def test_a_giant_value_is_described_shortly() -> None:
    for value in ("x" * 1_000_000, [0] * 1_000_000, 10**4000):
        with pytest.raises(NotPlain) as caught:
            codec(bool).dump(value)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "annotation", [float, object, list, set[int], int | str, Any, tuple[int, ...], dict[int, int]]
)
def test_other_annotations_are_no_plain_data(annotation: Any) -> None:
    with pytest.raises(TypeError, match="is not plain data"):
        codec(annotation)


def test_a_bound_is_part_of_the_annotation() -> None:
    assert codec(Annotated[int, Bits(1)]).dump(1) == 1
    with pytest.raises(NotPlain):
        codec(Annotated[int, Bits(1)]).dump(2)
