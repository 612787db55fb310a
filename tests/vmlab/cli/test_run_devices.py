"""`vmlab run` with a disk, with a script for the console, and on a terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from vmlab.asm import assemble

TESTS = Path(__file__).parents[1]
TRAPS = TESTS.parents[1] / "reference" / "solutions" / "traps.py"
SECTORS = b"".join(bytes([sector]) * 512 for sector in range(64))
# Prompts, prints what is typed up to a newline within <>, and ends at "q".
SHELL = """
    .equ UART, 0x10000000
_start:
    li   s0, UART
prompt:
    li   t1, '$'
    sb   t1, (s0)
    li   t1, '<'
    sb   t1, (s0)
read:
    lbu  t1, 5(s0)
    andi t1, t1, 1
    beqz t1, read
    lbu  t1, (s0)
    li   t2, '\\r'
    bne  t1, t2, 1f
    li   t1, '\\n'
1:  li   t2, '\\n'
    beq  t1, t2, line
    sb   t1, (s0)
    li   t2, 'q'
    bne  t1, t2, read
    li   t0, 0x100000
    li   t1, 0x5555
    sw   t1, (t0)
2:  j    2b
line:
    li   t1, '>'
    sb   t1, (s0)
    j    prompt
"""


@pytest.fixture
def boot(vmlab, tmp_path):
    def boot(source, *options):
        (tmp_path / "guest.S").write_text(source)
        return vmlab("run", tmp_path / "guest.S", "--traps", TRAPS, *options)

    return boot


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(SECTORS)
    return path


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_disk(boot, kernel_source, image, snapshot):
    options = ["--snapshot"] if snapshot else []
    status, out, err = boot(kernel_source("disk"), "--disk", image, *options)
    assert (status, err) == (0, "")
    assert " 012345e701234567\n" in out  # it read back what it had written
    assert (image.read_bytes() == SECTORS) == snapshot


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.img", None, "none.img cannot be opened to read and write: no such file"),
        ("odd.img", b"x" * 513, "odd.img has 513 bytes, which is not a multiple of 512"),
        (".", None, ". is a directory, not a disk image"),
    ],
)
def test_a_disk_that_cannot_be_one(boot, tmp_path, monkeypatch, name, content, sentence):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)
    status, out, err = boot(SHELL, "--disk", name)
    assert (status, out) == (2, "")
    assert err.startswith(f"vmlab: {sentence}")
    assert err.count("\n") == 1


def test_a_snapshot_of_nothing(boot):
    assert boot(SHELL, "--snapshot")[::2] == (
        2,
        "vmlab: --snapshot needs a disk; name one with --disk FILE\n",
    )


def test_input_at_once(boot):
    assert boot(SHELL, "--input", r"ab\nc\x64\ne\\q") == (0, "$<ab>$<cd>$<e\\q", "")


def test_input_at_prompts(boot, tmp_path):
    (tmp_path / "typed").write_bytes(b"ab\nc\nq\n")
    found = boot(SHELL, "--input", f"@{tmp_path / 'typed'}", "--prompt", "$<")
    assert found == (0, "$<ab>$<c>$<q", "")
    status, out, _ = boot(SHELL, "--input", r"a\nq\n", "--prompt", ">$<", "--budget", "5000")
    assert (status, out) == (124, "$<")  # that prompt never comes first


@pytest.mark.parametrize(("text", "said"), [(r"\y", r"\y in"), ("\\", "\\ in"), (r"\x1", r"\x in")])
def test_input_that_means_nothing(boot, text, said):
    status, _, err = boot(SHELL, "--input", text)
    assert status == 2
    assert err.startswith(f"vmlab: {said}")


def test_a_missing_script(boot, tmp_path):
    status, _, err = boot(SHELL, "--input", f"@{tmp_path / 'none'}")
    assert status == 2
    assert "cannot be read: no such file" in err


def test_a_command_line(boot):
    find = """
        mv   t0, a1
    1:  lbu  t1, (t0)                   # the first Q in the device tree
        addi t0, t0, 1
        li   t2, 'Q'
        bne  t1, t2, 1b
        li   t1, 0x10000000
        lbu  t2, (t0)
        sb   t2, (t1)
        li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, (t0)
        j    .
    """
    assert boot(find, "--append", "x Qy") == (0, "y", "")


def test_engines_print_the_same(boot):
    script = ("--input", "abc\\nq")
    ours = [boot(SHELL, *script, "--engine", name) for name in ("translator", "interpreter")]
    assert ours == [(0, "$<abc>$<q", "")] * 2


def test_a_raw_image(vmlab, tmp_path):
    raw = tmp_path / "guest.bin"
    program = assemble(SHELL)
    raw.write_bytes(program.segments[0][1])
    assert vmlab("run", raw, "--traps", TRAPS, "--input", "q") == (0, "$<q", "")
    raw.write_bytes(bytes((1 << 20) + 1))
    status, _, err = vmlab("run", raw, "--traps", TRAPS, "--ram", "1")
    assert status == 2
    assert "lies outside RAM" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
class TestTerminal:
    @pytest.fixture
    def session(self, tmp_path):
        """Start the command on a pseudo-terminal; give its master's end, and the process."""
        import termios

        master, slave = os.openpty()
        before = termios.tcgetattr(slave)
        (tmp_path / "guest.S").write_text(SHELL)
        command = [sys.executable, "-m", "vmlab", "run", tmp_path / "guest.S", "--traps", TRAPS]
        environment = {**os.environ, "PYTHONPATH": str(TESTS.parents[1] / "reference")}
        process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            env=environment,
            # Also where the tests themselves run in the background, where shells ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        yield master, process
        process.kill()
        process.communicate()
        assert termios.tcgetattr(slave) == before
        os.close(master)
        os.close(slave)

    @staticmethod
    def expect(master, text: bytes) -> None:
        seen = b""
        while text not in seen:
            assert select.select([master], [], [], 60)[0], seen
            seen += os.read(master, 1000)

    def test_keys_go_to_the_guest(self, session):
        master, process = session
        self.expect(master, b"$<")
        os.write(master, b"ab\r")
        self.expect(master, b"ab>$<")  # not twice: nothing echoes but the guest
        os.write(master, b"\x01\x01q")
        self.expect(master, b"\x01q")
        assert process.wait(60) == 0

    def test_ctrl_a_x_ends(self, session):
        master, process = session
        self.expect(master, b"$<")
        os.write(master, b"a\x01x")
        assert process.wait(60) == 0

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_a_signal_puts_the_terminal_back(self, session, number, status):
        master, process = session
        self.expect(master, b"$<")
        process.send_signal(number)
        assert process.wait(60) == status
