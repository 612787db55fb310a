"""The interface of a toy part, with every shape of data that a link carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Protocol

from vmlab.hart import HartState, Mode
from vmlab.link.interface import Callback, InOut, Shared
from vmlab.ranges import U32, U64, Length
from vmlab.trap import Exit


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Parcel:
    colour: Colour
    weights: list[U32]
    label: str | None
    seal: bytes
    size: tuple[int, bool]
    rooms: dict[str, U64]


class Computer(Callback, Protocol):
    def peek(self, address: U64) -> U64: ...

    def run(self, vcpu: InOut[HartState], budget: U32) -> Exit: ...

    def find(self, text: str) -> U64: ...


class Part(Protocol):
    def attack(self, name: str, argument: str) -> str: ...

    def number(self, name: str) -> U64 | None: ...

    def flag(self, name: str) -> bool: ...

    def mode(self, name: str) -> Mode: ...

    def short(self, text: Annotated[str, Length(4)]) -> Annotated[list[int], Length(3)]: ...

    def echo(self, parcel: Parcel) -> Parcel: ...

    def change(self, hart: InOut[HartState], name: str) -> None: ...

    def nested(self, vcpu: InOut[HartState], computer: Computer, name: str) -> int: ...

    def fill(self, ram: Shared, offset: U64, data: bytes) -> None: ...
