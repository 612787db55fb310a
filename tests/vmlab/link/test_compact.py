"""Calls as bytes: what has that form, and what comes back."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest
from vmlab.hart import HartState
from vmlab.link.compact import Compact
from vmlab.link.interface import Interface
from vmlab.link.wire import NotPlain
from vmlab.parts.vmm import Host
from vmlab.ranges import U8, U12, U16, U64


class Number(IntEnum):
    FOUR = 4


def form(**arguments: Any) -> Compact:
    found = Compact.of([*arguments.items()])
    assert found is not None
    return found


def test_what_has_the_form() -> None:
    methods = Interface.of(Host).methods  # type: ignore[type-abstract]
    compact = {name for name, method in methods.items() if method.compact is not None}
    assert compact == set(methods) - {"idle"}, "idle may be given None"


@pytest.mark.parametrize("kind", [int, U12, bool, bytes, U64 | None, list[U64], Number])
def test_what_does_not(kind: Any) -> None:
    assert Compact.of([("argument", kind)]) is None


def test_what_is_packed_comes_back_in_any_order() -> None:
    hart = HartState(pc=0x8000_0000, x=[0, *range(31)])
    both = form(vmid=U16, vcpu=HartState, budget=U64)
    values = {"vcpu": hart, "vmid": 0xFFFF, "budget": (1 << 64) - 1}
    assert both.unpack(both.pack(7, values)) == (7, values)
    assert form().unpack(form().pack(9, {})) == (9, {})


def test_a_member_of_an_enumeration_is_its_number() -> None:
    number, values = form(byte=U8).unpack(form(byte=U8).pack(1, {"byte": Number.FOUR}))
    assert (number, type(values["byte"]), values["byte"]) == (1, int, 4)


@pytest.mark.parametrize("wrong", [-1, 256, True, 1.0, "1", None])
def test_what_does_not_fit(wrong: Any) -> None:
    with pytest.raises(NotPlain, match=r"^byte is "):
        form(byte=U8).pack(1, {"byte": wrong})


def test_a_record_that_does_not_fit() -> None:
    hart = HartState()
    hart.x[5] = -1
    with pytest.raises(NotPlain, match=r"^vcpu\.x\[5\] is -1"):
        form(vmid=U16, vcpu=HartState).pack(1, {"vmid": 1, "vcpu": hart})


@pytest.mark.parametrize("length", [0, 8, 10])
def test_a_wrong_length(length: int) -> None:
    with pytest.raises(ValueError, match=f"a call has {length} bytes, not 9"):
        form(byte=U8).unpack(bytes(length))
