from __future__ import annotations

from typing import Any, Protocol

import pytest
from vmlab.hart import HartState
from vmlab.link import declared
from vmlab.link.interface import Callback, InOut, Interface, Shared
from vmlab.link.packed import dump_arguments
from vmlab.link.wire import codec
from vmlab.parts.traps import Part
from vmlab.trap import GuestFault, IllegalInstruction, Trap


class Machine(Callback, Protocol):
    def peek(self) -> int: ...


class Toy(Protocol):
    def all(self, a: int, b: InOut[HartState], c: Machine, d: Shared) -> None:
        """Say it."""


def test_what_an_interface_says_of_a_method() -> None:
    method = Interface.of(Toy).methods["all"]
    flags = [(p.name, p.inout, p.callback, p.shared, p.sent) for p in method.parameters]
    assert flags == [
        ("a", False, False, False, True),
        ("b", True, False, False, True),
        ("c", False, True, False, False),
        ("d", False, False, True, False),
    ]
    assert (method.result, method.doc) == (None, "Say it.")
    values = {"a": 1, "b": HartState(), "c": object(), "d": object()}
    assert list(dump_arguments(method.sent, values)) == ["a", "b"]


def test_a_missing_annotation_is_an_error() -> None:
    class Bad(Protocol):
        def f(self, a) -> None: ...  # type: ignore[no-untyped-def]

    with pytest.raises(TypeError, match="a has no annotation"):
        Interface.of(Bad)


def test_every_part_is_plain_data() -> None:
    for method in Interface.of(Part).methods.values():
        codec(method.result)
        for parameter in method.parameters:
            if parameter.sent:
                codec(parameter.type)
            elif parameter.callback:
                nested: Interface[Any] = Interface.of(parameter.type)
                assert nested.methods


def test_declared_exceptions() -> None:
    assert {"IllegalInstruction", "GuestFault"} <= set(declared.DECLARED)
    assert declared.dump(IllegalInstruction("why")) == ("IllegalInstruction", {})
    name, fields = declared.dump(GuestFault(Trap(12, address=4)))
    again = declared.load(name, fields)
    assert isinstance(again, GuestFault)
    assert again.trap == Trap(12, address=4)

    class Own(IllegalInstruction):
        pass

    assert declared.dump(Own())[0] == "IllegalInstruction"
