"""`vmlab run --gdb`: the guest waits for a debugger."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import vmlab as package
from vmlab.gdb.packets import packet

TRAPS = Path(__file__).parents[3] / "reference" / "solutions" / "traps.py"
HELLO = """
_start:
    la   t0, text
    li   t1, 0x10000000
2:  lbu  t2, (t0)
    beqz t2, done
    sb   t2, (t1)
    addi t0, t0, 1
    j    2b
done:
    li   t0, 0x100000
    li   t1, 0x73333
    sw   t1, (t0)
1:  j    1b
text: .asciz "hello\\n"
"""


class Running:
    """`vmlab run --gdb 0` in a process of its own, and a debugger that speaks bytes."""

    def __init__(self, folder, *options, traps=TRAPS):
        (folder / "guest.S").write_text(HELLO)
        env = os.environ | {"PYTHONPATH": str(Path(package.__file__).resolve().parent.parent)}
        command = [sys.executable, "-m", "vmlab", "run", "guest.S", "--traps", str(traps)]
        self.process = subprocess.Popen(
            [*command, "--gdb", "0", *options],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.line = self.process.stderr.readline().decode()
        port = int(re.search(r"target remote 127\.0\.0\.1:(\d+)'$", self.line)[1])
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(30)

    def send(self, data):
        self.socket.sendall(packet(data))

    def until(self, expected):
        got = b""
        while expected not in got:
            piece = self.socket.recv(4096)
            assert piece, got
            got += piece

    def end(self):
        """Return status, stdout and stderr."""
        out, err = self.process.communicate(timeout=60)
        self.socket.close()
        return self.process.returncode, out, err.decode()


@pytest.fixture
def run(tmp_path):
    started = []

    def start(*options, **settings):
        started.append(Running(tmp_path, *options, **settings))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.communicate()
        running.socket.close()


def test_detached_it_goes_on(run):
    running = run()
    running.send(b"s")
    running.until(packet(b"T05thread:1;"))
    running.send(b"D")
    assert running.end() == (7, b"hello\n", "")


def test_killed_it_ends(run):
    running = run()
    running.send(b"k")
    assert running.end() == (0, b"", "")


def test_a_debugger_that_is_gone_is_told(run):
    running = run()
    running.socket.close()
    assert running.end() == (0, b"", "vmlab: the debugger is gone\n")


def test_the_guest_s_status_counts(run):
    running = run()
    running.send(b"c")
    running.until(packet(b"T05thread:1;"))
    running.send(b"c")
    running.until(packet(b"W07"))
    running.socket.close()
    status, out, _ = running.end()
    assert (status, out) == (7, b"hello\n")


def test_what_is_repeated_is_shown_once(run):
    running = run("--trace", "devices")
    running.send(b"c")
    running.until(packet(b"T05thread:1;"))
    running.send(b"bc")
    running.until(packet(b"T05replaylog:begin;thread:1;"))
    running.send(b"c")
    running.until(packet(b"T05thread:1;"))
    running.send(b"k")
    status, out, err = running.end()
    assert (status, out) == (7, b"hello\n")
    assert err.count("uart: +0x0") == 6


def test_a_part_that_fails(run, tmp_path):
    (tmp_path / "traps.py").write_text("def access_mode(hart, fetch):\n    return {}[3]\n")
    running = run(traps=tmp_path / "traps.py")
    running.send(b"s")
    running.until(packet(b"X06"))
    status, _, err = running.end()
    assert status == 125
    assert err.startswith("vmlab: the part failed: KeyError: 3\n")


def test_a_port_in_use_is_one_sentence(vmlab, tmp_path):
    (tmp_path / "guest.S").write_text(HELLO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        guest = tmp_path / "guest.S"
        status, out, err = vmlab("run", guest, "--traps", TRAPS, "--gdb", port)
    assert (status, out) == (2, "")
    assert err.startswith(f"vmlab: port {port} cannot be listened at: ")
    assert err.count("\n") == 1


def test_a_disk_needs_an_overlay(vmlab, run, tmp_path):
    (tmp_path / "disk").write_bytes(bytes(1024))
    running = run("--disk", "disk", "--snapshot")
    running.send(b"s")
    running.until(packet(b"T05thread:1;"))
    running.send(b"bs")
    running.until(packet(b"T05thread:1;"))
    guest = tmp_path / "guest.S"
    status, out, err = vmlab(
        "run", guest, "--traps", TRAPS, "--gdb", 0, "--disk", tmp_path / "disk"
    )
    assert (status, out) == (2, "")
    assert err == "vmlab: what a guest writes to a file cannot be taken back: add --snapshot\n"
