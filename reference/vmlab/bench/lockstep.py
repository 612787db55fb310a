"""The same guest on the bare machine, always as far as it is under the VMM.

What a guest prints is no proof that it ran: who shares its memory can put another program there.
"""

from __future__ import annotations

from vmlab.bench import describe
from vmlab.hart import HartState
from vmlab.machine import Machine
from vmlab.parts.traps import Part as Traps
from vmlab.program import Program
from vmlab.testing import Mismatch

A1 = 11
TRAPS = 4
"""So many traps in a row, without an instruction between them, a guest may take."""


class Lockstep:
    """A guest on a machine without a VMM."""

    def __init__(self, traps: Traps, program: Program) -> None:
        """Load the guest, and tell it as little of the machine as a VMM does: no device tree."""
        self._bare = Machine(traps, ram_mib=1)
        self._bare.load(program)
        self._bare.hart.x[A1] = 0

    def follow(self, vcpu: HartState, retired: int) -> None:
        """Go on until so many instructions have retired. Raise Mismatch if the harts differ then.

        Popek and Goldberg 1974: equivalence, of programs that cannot tell time from work.
        """
        clock, hart = self._bare.clock, self._bare.hart
        while (left := retired - clock.retired) > 0:
            before = clock.moment
            self._bare.run(left)
            if clock.moment == before:
                break  # it has switched off, or waits for ever
        for _ in range(TRAPS):
            if clock.retired == retired and _seen(hart) == _seen(vcpu):
                return
            if clock.retired > retired:
                break
            self._bare.run(1)  # a trap, which retires nothing
        raise Mismatch(
            f"a guest under the VMM, after {retired:,} instructions",
            f"as on the bare machine, at {hart.pc:#x} in {describe.mode(hart.mode)}",
            f"at {vcpu.pc:#x} in {describe.mode(vcpu.mode)}"
            + (", with other registers" if hart.pc == vcpu.pc else ""),
        )


def _seen(hart: HartState) -> tuple[int, int, list[int]]:
    return hart.pc, hart.mode, list(hart.x)
