"""Records a scenario of the `vmm` bench: what the VMM asks of the machine, and is asked itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from vmlab.bench import vmm
from vmlab.hart import HartState
from vmlab.link.interface import InOut, Interface
from vmlab.link.local import LocalLink
from vmlab.parts.disk import Store
from vmlab.parts.vmm import Host, Part
from vmlab.ranges import U16, U64
from vmlab.trap import Exit
from vmlab.vm import State, Status, VmConfig, VmRefused

from .recorder import Recorder

__all__ = ["Bench", "Recorder"]


class OpenHost(Host, Protocol):
    """A host that is shown all of a vCPU: what the VMM did there tells what became of an exit."""

    def run_guest(self, vmid: U16, vcpu: InOut[HartState], budget: U64, satp: U64) -> Exit:
        """Enter a guest."""
        ...


class OpenPart(Part, Protocol):
    """A part that shows all of its vCPUs."""

    def run(self, host: OpenHost, store: Store, until: U64) -> None:
        """Run the VMs."""
        ...


class Bench(vmm.Bench):
    """The bench, with a part that is recorded."""

    def __init__(self, part: LocalLink[Part], recorder: Recorder) -> None:
        link: Any = LocalLink(part.module, Interface.of(OpenPart))
        super().__init__(Heard(link, recorder))


class WatchedHost:
    """The machine under a VMM, looked at."""

    def __init__(self, host: Host, recorder: Recorder) -> None:
        """Look at a host."""
        self._host = host
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def run_guest(self, vmid: int, vcpu: HartState, budget: int, satp: int) -> Exit:
        """Enter a guest."""
        at = self._host.time()
        self._recorder.enters(vmid, vcpu)
        why = self._host.run_guest(vmid, vcpu, budget, satp)
        self._recorder.leaves(vmid, at, vcpu, why)
        return why

    def transmit(self, vmid: int, byte: int) -> None:
        """Print."""
        self._host.transmit(vmid, byte)
        self._recorder.prints(self._host.time(), vmid, byte)

    def receive(self) -> tuple[int, int] | None:
        """Take a byte that came in."""
        found = self._host.receive()
        if found is not None:
            vmid, byte = found
            words = f"console input: {chr(byte)!r}"
            self._recorder.happens(self._host.time(), words, vmid, mark="i")
        return found

    def idle(self, until: int | None) -> bool:
        """Wait."""
        at = self._host.time()
        comes = self._host.idle(until)
        self._recorder.idles(at, self._host.time())
        return comes


class Heard:
    """A part whose calls are noted, and whose host is looked at."""

    def __init__(self, part: Any, recorder: Recorder) -> None:
        """Listen to a part."""
        self._part = part
        self._recorder = recorder
        self._states: dict[int, Status] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._call, name)

    def _call(self, name: str, *arguments: Any) -> Any:
        call = getattr(self._part, name)
        if name == "status":
            answer = call(*arguments)
            self._changed(arguments[0], answer)
            return answer
        if name in ("route", "start", "ledger"):
            return call(*arguments)
        host, *rest = arguments
        watched = WatchedHost(host, self._recorder)
        if name == "run":
            return call(watched, *rest)
        words, vmid = self._words(name, *rest)
        try:
            answer = call(watched, *rest)
        except VmRefused as refused:
            self._recorder.happens(host.time(), f"{words}: refused: {refused.message}", mark="R")
            raise
        if name == "create":
            self._recorder.born(vmid, rest[-1].name)
            self._states.pop(vmid, None)
        if name == "balloon":
            words += f": {answer}"
        self._recorder.happens(host.time(), words, vmid, mark=name[0].upper())
        return answer

    def _words(self, name: str, *rest: Any) -> tuple[str, int]:
        if name == "create":
            config: VmConfig = rest[-1]
            words = f"create {config.name}: {config.pages} pages, share {config.share}"
            if config.disk is not None:
                words += f", disk {config.disk.name}"
            return words, config.vmid
        if name == "balloon":
            return f"balloon to {rest[1]} frames", rest[0]
        return name, rest[-1]

    def _changed(self, vmid: int, status: Status) -> None:
        """Note what a VM has come to, at the time of its last exit."""
        if self._states.get(vmid) == status or status.state in (State.RUNNING, State.WAITING):
            return
        self._states[vmid] = status
        mine = [entry for entry in self._recorder.timeline.entries if entry.vmid == vmid]
        at = mine[-1].until if mine else self._recorder.timeline.end
        off = status.state is State.OFF
        words = f"switches itself off, code {status.code}" if off else status.reason
        mark = "O" if off else "K"
        self._recorder.happens(at, words, vmid, mark=mark, bad=not off)
