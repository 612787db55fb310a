"""`vmlab run --gdb PORT`: the guest waits for a debugger, and does what it says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from .problem import Problem

if TYPE_CHECKING:
    from vmlab.machine import Machine
    from vmlab.trace import Trace


def debug(machine: Machine, port: int, trace: Trace, show_console: Callable[[], None]) -> bool:
    """Serve one debugger until it leaves; tell whether the guest is to go on without it.

    Raises Problem if the port cannot be listened at, or the machine cannot be taken back in time;
    what the part raises passes through.
    """
    from vmlab.gdb import Outcome, PortError, Target, listen, serve

    shown = 0

    def show() -> None:
        nonlocal shown
        show_console()
        # What is done again after going back is not shown again.
        sys.stderr.write("".join(f"{record.text()}\n" for record in trace.records[shown:]))
        shown = max(shown, len(trace.records))

    try:
        target = Target(machine, trace)
    except ValueError as error:
        raise Problem(f"{error}: add --snapshot") from None
    try:
        listener = listen(port)
    except PortError as error:
        raise Problem(str(error)) from None
    host, chosen = listener.getsockname()
    print(
        f"vmlab: waiting for a debugger; type: gdb-multiarch -ex 'target remote {host}:{chosen}'",
        file=sys.stderr,
        flush=True,
    )
    try:
        outcome = serve(listener, target, show)
    finally:
        show()
        trace.records.clear()
    if outcome is Outcome.GONE:
        print("vmlab: the debugger is gone", file=sys.stderr)
    return outcome is Outcome.DETACHED
