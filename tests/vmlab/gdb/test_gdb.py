"""gdb itself at the door."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading

import pytest
from vmlab.csrs import MISA
from vmlab.gdb import Outcome, Target, listen, serve

GDB = "gdb-multiarch"


@pytest.fixture
def gdb(machine, program):
    """Give the function that runs gdb's commands on the machine and returns what it printed.

    `{name}` in a command is the address of a label.
    """
    if shutil.which(GDB) is None:
        pytest.skip(f"{GDB} is not installed")

    def run(*commands, left=Outcome.KILLED):
        listener = listen(0)
        host, port = listener.getsockname()
        outcome = []
        thread = threading.Thread(
            target=lambda: outcome.append(serve(listener, Target(machine), lambda: None))
        )
        thread.start()
        lines = ["set confirm off", f"target remote {host}:{port}", *commands, "kill"]
        arguments = [part for line in lines for part in ("-ex", line.format(**program.symbols))]
        done = subprocess.run(
            [GDB, "-nx", "-batch", *arguments], capture_output=True, text=True, timeout=60
        )
        thread.join(30)
        assert outcome == [left], done.stdout + done.stderr
        return done.stdout

    return run


def values(text):
    """Return what `print` printed, as numbers."""
    return [int(value, 0) for value in re.findall(r"^\$\d+ = (?:\(.*\) )?(\w+)", text, re.M)]


def test_registers_and_memory(gdb, machine, program):
    text = gdb(
        "print/x $pc",
        "print $priv",
        "print/x $misa",
        "set var $s1 = 77",
        "set var $mscratch = 78",
        "print/d $s1",
        "print/d $mscratch",
        "set {{long}}{word} = 79",
        "print {{long}}{word}",
        "x/i $pc",
    )
    assert values(text) == [0x8000_0000, 3, MISA, 77, 78, 79]
    assert "auipc\tsp" in text
    assert machine.hart.x[9] == 77
    assert machine.hart.mscratch == 78
    assert machine.memory.read(program.symbols["word"] - 0x8000_0000, 8) == 79


def test_break_and_step(gdb, program):
    text = gdb(
        "break *{store}",
        "continue",
        "print/d $s0",
        "continue",
        "print/d $s0",
        "stepi",
        "print/x $pc",
        "x/wx {store}",
    )
    store = program.symbols["store"]
    assert values(text) == [1, 2, store + 4]
    assert text.count("Breakpoint 1, ") == 2
    assert "0x0083b023" in text  # the sd, not an ebreak


def test_reverse(gdb, program):
    text = gdb(
        "break *{store}",
        "continue",
        "continue",
        "continue",
        "print/d $s0",
        "stepi",
        "reverse-stepi",
        "print/x $pc",
        "reverse-continue",
        "print/d $s0",
        "delete",
        "reverse-continue",
        "print/x $pc",
        "reverse-stepi",
    )
    assert values(text) == [3, program.symbols["store"], 2, 0x8000_0000]
    assert text.count("No more reverse-execution history.") == 2


def test_watchpoints(gdb, program):
    text = gdb(
        "watch *(long *){word}",
        "continue",
        "continue",
        "print/x $pc",
        "reverse-continue",
        "print/x $pc",
        "delete",
        "rwatch *(long *){word}",
        "continue",
        "print/x $pc",
    )
    store, load = program.symbols["store"], program.symbols["load"]
    assert values(text) == [store + 4, store, load + 4]
    assert re.findall(r"(?:Old|New) value = (\d+)", text)[:6] == ["0", "1", "1", "2", "2", "1"]


def test_over_a_trap_and_to_the_end(gdb, program):
    text = gdb(
        "break *{handler}",
        "continue",
        "print $mcause",
        "reverse-stepi",
        "x/i $pc",
        "delete",
        "continue",
        "monitor moment",
        "reverse-stepi",
        "print/x $pc",
    )
    assert "ecall" in text
    assert values(text) == [11, program.symbols["finish"]]


def test_the_end_is_the_end_only_when_asked_twice(gdb):
    text = gdb("continue", "continue", left=Outcome.GONE)
    assert "exited normally" in text
