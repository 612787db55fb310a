"""All of a machine but RAM, as plain data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from vmlab.hart import FIELDS, MASK64, HartState, Mode

from .errors import SnapshotError

if TYPE_CHECKING:
    from vmlab.machine import Machine

State = dict[str, Any]
"""Plain data, as `vmlab.bus.Device` defines it."""


def gather(machine: Machine) -> State:
    """Return the machine's state; it does not change when the machine goes on."""
    hart = machine.hart
    reservation = machine.engine.reservation
    return {
        "built": _built(machine),
        "hart": {name: getattr(hart, name) for name in FIELDS} | {"x": list(hart.x)},
        "retired": machine.clock.retired,
        "traps": machine.clock.traps,
        "waiting": machine.core.waiting,
        "trapped": machine.core.trapped == hart,
        "reservation": None if reservation is None else list(reservation),
        "pmp": machine.pmp.state() if machine.pmp else None,
        "tlb": machine.mmu.state(),
        "guest": machine.guest.state(),
        "devices": {_name(base, d): d.state() for base, d in machine.bus.devices.items()},
    }


def apply(machine: Machine, state: State) -> None:
    """Put the machine into this state. Raise SnapshotError, or what a device raises, if it cannot.

    Until it returns, the machine may be in neither state.
    """
    _compare(_built(machine), state["built"])
    machine.hart.assign(_hart(state["hart"]))
    machine.clock.retired = _count(state["retired"])
    machine.clock.traps = _count(state["traps"])
    machine.core.waiting = bool(state["waiting"])
    machine.core.trapped = machine.hart.copy() if state["trapped"] else None
    reservation = state["reservation"]
    machine.engine.reservation = (
        None if reservation is None else (_count(reservation[0]), _count(reservation[1]))
    )
    for base, device in machine.bus.devices.items():
        name = _name(base, device)
        given = state["devices"][name]
        _same_types(name, device.state(), given)
        device.restore(given)
    if machine.pmp:
        machine.pmp.restore(state["pmp"])
    _numbers(state["tlb"])
    machine.mmu.restore(state["tlb"])
    _numbers([state["guest"]["satp"], state["guest"]["tlb"]])
    machine.guest.restore(state["guest"])


def shared(value: Any, earlier: Any) -> Any:
    """Return `value`, made of the bytes of `earlier` where they are the same (disks are large)."""
    if isinstance(value, bytes):
        return earlier if value == earlier else value
    if isinstance(value, dict) and isinstance(earlier, dict):
        return {key: shared(item, earlier.get(key)) for key, item in value.items()}
    return value


def _built(machine: Machine) -> dict[str, Any]:
    """Return how the machine was built, but for the engine, which makes no difference."""
    options = dataclasses.asdict(machine.options) | {"profile": sorted(machine.options.profile)}
    del options["engine"]
    devices = [_name(base, device) for base, device in machine.bus.devices.items()]
    ram = {"RAM": machine.memory.size, "RAM base": machine.memory.base}
    return ram | options | {"devices": devices}


def _compare(here: dict[str, Any], there: dict[str, Any]) -> None:
    for name, value in here.items():
        if there.get(name) != value:
            raise SnapshotError(
                f"the snapshot is of another machine: {name} is {there.get(name)}, here {value}"
            )


def _same_types(name: str, here: Any, there: Any) -> None:
    """Refuse a device's state that is not made as this machine's device makes it."""
    # What is None now, or was when the snapshot was made, can be of another type at any time.
    if here is None or there is None:
        return
    if type(here) is not type(there):
        raise SnapshotError(f"the snapshot is damaged: {name} is of a wrong type")
    if isinstance(here, dict):
        for key in here.keys() & there.keys():
            _same_types(f"{name} {key}", here[key], there[key])
    if isinstance(here, list) and here:
        if isinstance(here[0], int) and len(here) != len(there):
            raise SnapshotError(f"the snapshot is damaged: {name} has a wrong length")
        for item in there:
            _same_types(name, here[0], item)


def _hart(fields: dict[str, Any]) -> HartState:
    if fields.keys() != {*FIELDS, "x"} or len(fields["x"]) != 32 or fields["x"][0] != 0:
        raise SnapshotError("the snapshot is damaged: not the fields of a hart")
    numbers = [*fields["x"], *(fields[name] for name in FIELDS)]
    if not all(isinstance(number, int) and 0 <= number <= MASK64 for number in numbers):
        raise SnapshotError("the snapshot is damaged: a register is out of range")
    return HartState(**fields | {"mode": Mode(fields["mode"]), "seip": bool(fields["seip"])})


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise SnapshotError("the snapshot is damaged: a number is out of range")
    return value


def _numbers(value: Any) -> None:
    """Refuse anything but lists, of lists, of numbers of 64 bits."""
    if isinstance(value, list):
        for item in value:
            _numbers(item)
    elif _count(value) > MASK64:
        raise SnapshotError("the snapshot is damaged: a number is out of range")


def _name(base: int, device: Any) -> str:
    return f"{device.name}@{base:x}"
