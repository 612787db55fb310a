"""What the grader takes from a worker, whatever the worker's own end lets pass."""

from __future__ import annotations

import base64
import json
from dataclasses import fields
from typing import Annotated, Any

import pytest
from pydantic_core import SchemaValidator, ValidationError
from vmlab.hart import HartState, Mode
from vmlab.link.wire import codec
from vmlab.ranges import U12, U64, Length, Registers
from vmlab.trap import Act, Action, Exit

from grader.link.schema import changes, schema

STATE = codec(HartState).dump(HartState(pc=4, mode=Mode.S, x=[0] + [(1 << 64) - 1] * 31))


def read(annotation: Any, text: str) -> Any:
    return SchemaValidator(schema(annotation)).validate_json(text)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (HartState, HartState(pc=(1 << 64) - 1)),
        (Action, Action(Act.FENCE, address=0)),
        (Registers, [0] * 32),
        (bytes, bytes(range(256))),
        (tuple[int, bool], (-1, True)),
        (dict[str, list[U12]], {"é": [4095]}),
        (U64 | None, None),
        (None, None),
    ],
)
def test_what_the_other_end_sends_is_read(annotation: Any, value: Any) -> None:
    again = read(annotation, json.dumps(codec(annotation).dump(value)))
    assert again == value
    assert type(again) is type(value)


def edited(**new: Any) -> str:
    return json.dumps({**STATE, **new})


@pytest.mark.parametrize(
    "text",
    [
        *(edited(mode=mode) for mode in (2, True, 1.0, "1", None, -1)),
        *(edited(pc=pc) for pc in (-1, 1 << 64, 1.0, True, "4", None, [4], 1e300)),
        *(edited(seip=seip) for seip in (0, 1, "true", None)),
        edited(x=[1] + [0] * 31),
        edited(x=[0] * 31),
        edited(x=[0] * 33),
        edited(x=[0] * 31 + [True]),
        edited(x={str(n): 0 for n in range(32)}),
        edited(pc=float("nan")),
        edited(pc=float("inf")),
        edited(points=100),
        edited(__class__="x"),
        json.dumps([STATE]),
        "null",
    ],
)
def test_no_other_state_is_taken(text: str) -> None:
    with pytest.raises(ValidationError):
        read(HartState, text)


@pytest.mark.parametrize("name", [field.name for field in fields(HartState)])
def test_a_missing_field_is_not_filled_in(name: str) -> None:
    assert read(HartState, json.dumps(STATE)).pc == 4
    with pytest.raises(ValidationError):
        read(HartState, json.dumps({k: v for k, v in STATE.items() if k != name}))


def test_changes_are_some_of_the_fields_each_as_strict() -> None:
    validator = SchemaValidator(changes(HartState))
    assert validator.validate_json('{"pc": 8}') == {"pc": 8}
    assert validator.validate_json("{}") == {}
    for text in ('{"pc": true}', '{"x": [1]}', '{"mode": 1.0}', '{"points": 1}', "[]"):
        with pytest.raises(ValidationError):
            validator.validate_json(text)


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        (int, 1 << 64),
        (int, -(1 << 63) - 1),
        (U12, 4096),
        (bool, 1),
        (None, 0),
        (str, 1),
        (str, "x" * ((1 << 16) + 1)),
        (list[int], [0] * ((1 << 16) + 1)),
        (Annotated[str, Length(3)], "abcd"),
        (Annotated[list[int], Length(3, least=1)], []),
        (bytes, "no base64!"),
        (Annotated[bytes, Length(3)], base64.b64encode(b"abcd").decode()),
        (tuple[int, bool], [1]),
        (tuple[int, bool], [1, True, 2]),
        (dict[str, int], {"a": None}),
        (Action, {"act": "FENCE", "address": None, "asid": None}),
        (Exit, {"cause": 8}),
    ],
)
def test_other_values_are_not_taken(annotation: Any, data: Any) -> None:
    with pytest.raises(ValidationError):
        read(annotation, json.dumps(data))


@pytest.mark.parametrize("annotation", [float, object, Any, list, set[int], int | str])
def test_other_annotations_are_no_plain_data(annotation: Any) -> None:
    with pytest.raises(TypeError, match="is not plain data"):
        schema(annotation)
