"""One VM, as its host sees it from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vmlab.bench import console
from vmlab.bench.vmm_host import Bill, Typed
from vmlab.testing import Mismatch
from vmlab.vm import State, Status, VmConfig, VmRefused

if TYPE_CHECKING:
    from vmlab.bench.vmm import Bench


class Guest:
    """What a test asks about a VM; what it tells comes from the hardware."""

    def __init__(self, bench: Bench, config: VmConfig, program: str = "") -> None:
        self._bench = bench
        self.config = config
        self.vmid = config.vmid
        self.name = config.name
        self.title = f"VM {config.name} ({program})" if program else f"VM {config.name}"
        """What it is called where something is said of it: with the name of what it runs."""
        self.bill: Bill = bench.host.bills[config.vmid]
        """What the hardware has noted: instructions, exits, ticks, console."""
        self._witness = bench.host.witnesses[config.vmid]

    @property
    def console(self) -> str:
        """What it has sent."""
        return self.bill.console.decode("utf-8", "backslashreplace")

    @property
    def disk(self) -> bytes:
        """What its image file holds."""
        assert self.config.disk is not None
        file = self._bench.store.files[self.config.disk.name]
        return file.read(0, file.size)

    def status(self) -> Status:
        """Return what the part says has become of it. Raise Mismatch if it refuses to."""
        with granted("status", self):
            return self._bench.part.status(self.vmid)

    def ran(self, *, to_the_end: bool = False) -> None:
        """Raise Mismatch unless what the hart ran for it is its own; see `vmm_witness`."""
        if self._bench.given is not None:
            self._witness.check(self._bench.given, to_the_end=to_the_end)

    def types(self, data: bytes, *, at: int = 0, prompt: bytes = b"") -> None:
        """Let something come in for it: at a time, and after it has sent a prompt."""
        if not at and not prompt:
            self._witness.typed += data
        self._bench.host.type(Typed(self.vmid, data, at, prompt))

    def prints(self, expected: str, rule: str = "") -> Guest:
        """It has sent exactly this, and has switched itself off with a pass. Returns itself."""
        status = self.status()
        end = {State.RUNNING: "it runs still", State.WAITING: "it waits for ever"}.get(
            status.state, status.reason
        )
        if status.state is State.OFF:
            end = f"it switches off with code {status.code}" if status.code else ""
        console.check(self.title, expected, bytes(self.bill.console), end)
        self.ran(to_the_end=True)
        return self

    def ends(self, state: State, *words: str) -> Guest:
        """It has come to this, for a reason that has its name and `words`. Returns itself."""
        status = self.status()
        self.ran(to_the_end=status.state is State.OFF)
        if status.state is not state:
            got = f"{status.state.value}: {status.reason}" if status.reason else status.state.value
            raise Mismatch(f"the status of {self.title}", state.value, got)
        if state in (State.KILLED, State.LOST):
            wanted = [self.name, *words]
            if not all(word in status.reason for word in wanted):
                said = " and ".join(repr(word) for word in wanted)
                raise Mismatch(
                    f"the reason why {self.title} has ended",
                    f"a sentence with {said}",
                    repr(status.reason),
                )
        return self

    def native_share(self, retired: int) -> float:
        """Return which part of so many instructions of the bare machine it retired natively."""
        return self.bill.retired / retired


@contextmanager
def granted(what: str, guest: Guest) -> Iterator[None]:
    """Turn the refusal of what a part must grant into a Mismatch."""
    try:
        yield
    except VmRefused as refused:
        raise Mismatch(f"{what}: {guest.title}", "it is done", refused.message) from None
