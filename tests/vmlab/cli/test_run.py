"""`vmlab run`: a guest's console, traces and exit statuses."""

from __future__ import annotations

import _thread
import re
import sys
from pathlib import Path

import pytest

TRAPS = Path(__file__).parents[3] / "reference" / "solutions" / "traps.py"
FINISH = """
    li   t0, 0x100000
    li   t1, {word}
    sw   t1, (t0)
1:  j    1b
"""
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
    {body}
text: .asciz "hello\\n"
"""

LOOPS = """\
import _thread

def access_mode(hart, fetch):
    while True:
        _thread.interrupt_main()
        len("")
"""


@pytest.fixture
def boot(vmlab, tmp_path):
    def boot(source, *options, traps=TRAPS):
        (tmp_path / "guest.S").write_text(source)
        return vmlab("run", tmp_path / "guest.S", "--traps", traps, *options)

    return boot


@pytest.mark.parametrize(("options", "status"), [(["--misaligned"], 0), ([], 4)])
def test_misaligned_accesses_are_an_option(boot, options, status):
    source = """
        la t0, handler
        csrw mtvec, t0
        lw t1, handler + 1
        j handler
        .align 2
    handler:
        csrr t1, mcause             # 4 if it was refused
        li t0, 0x100000
        li t2, 0x5555
        beqz t1, 1f
        slli t1, t1, 16
        li t2, 0x3333
        or t2, t2, t1
    1:  sw t2, (t0)
    """
    assert boot(source, *options)[0] == status


@pytest.mark.parametrize(
    ("word", "status"),
    [("0x5555", 0), ("0x73333", 7), ("0x10003333 + 0x50000000", 100), ("0x7777", 127)],
)
def test_the_status_is_what_the_guest_says(boot, word, status):
    assert boot(FINISH.format(word=word)) == (status, "", "")


def test_the_console_goes_to_stdout(boot):
    assert boot(HELLO.format(body=FINISH.format(word="0x5555"))) == (0, "hello\n", "")


def test_the_console_is_kept_when_the_budget_ends(boot):
    status, out, err = boot(HELLO.format(body="j ."), "--budget", "250000")
    assert (status, out) == (124, "hello\n")
    assert err == "vmlab: 250,000 instructions were not enough\n"


def test_each_record_is_shown_once(boot, monkeypatch):
    monkeypatch.setattr(sys.modules["vmlab.cli.run"], "SLICE", 2)
    status, out, err = boot(HELLO.format(body=FINISH.format(word="0x5555")), "--trace", "devices")
    assert (status, out) == (0, "hello\n")
    assert [line.split()[0] for line in err.splitlines()].count("uart:") == 6


def test_waiting_for_ever_is_told(boot):
    status, out, err = boot(HELLO.format(body="wfi"))
    assert (status, out) == (126, "hello\n")
    assert err == "vmlab: the guest waits for an interrupt that cannot come\n"


def test_a_trap_loop_is_told(boot):
    status, out, err = boot(HELLO.format(body=".word 0"))
    assert (status, out) == (123, "hello\n")
    assert err == "vmlab: the trap handler at 0x0 traps itself, for ever\n"


def test_ctrl_c_keeps_the_console(boot, monkeypatch):
    command = sys.modules["vmlab.cli.run"]
    monkeypatch.setattr(command, "SLICE", 1000)
    show, pressed = command.Console.show, []

    def press(console):
        show(console)
        if not pressed:
            pressed.append(True)
            _thread.interrupt_main()

    monkeypatch.setattr(command.Console, "show", press)
    status, out, err = boot(HELLO.format(body="j ."))
    assert (status, out) == (130, "hello\n")
    assert re.fullmatch(r"vmlab: interrupted after [12],000 instructions\n", err)


def test_ctrl_c_in_a_part_shows_where(boot, tmp_path):
    (tmp_path / "traps.py").write_text(LOOPS)
    status, out, err = boot(FINISH.format(word="0x5555"), traps=tmp_path / "traps.py")
    assert (status, out) == (130, "")
    assert re.match(
        r"vmlab: interrupted after 0 instructions\n    traps.py:[56] access_mode: ", err
    )


@pytest.mark.parametrize("names", ["sret", "sret, wfi ,sstatus-read"])
def test_profiles_are_an_option(boot, names):
    source = """
        la t0, handler
        csrw mtvec, t0
        la t0, user
        csrw mepc, t0
        li t0, -1
        csrw pmpaddr0, t0
        csrwi pmpcfg0, 0x1f         # U-mode may use all of memory
        mret
    user:
        sret
        ecall
        .align 2
    handler:
        csrr t1, mcause
        addi t1, t1, -8             # ecall: it fell through; 2 else
        li t0, 0x100000
        beqz t1, good
        li t1, 0x3333 | 9 << 16
        j 1f
    good:
        li t1, 0x5555
    1:  sw t1, (t0)
    """
    assert boot(source, "--profile", names)[0] == 0
    assert boot(source)[0] == 9


def test_a_trace_goes_to_stderr_in_order(boot):
    source = "la t0, h\ncsrw mtvec, t0\necall\nh:" + FINISH.format(word="0x5555")
    status, _, err = boot(source, "--trace", "traps,devices,instructions")
    assert status == 0
    trap = next(i for i, line in enumerate(err.splitlines()) if line.startswith("trap: exception"))
    lines = err.splitlines()
    assert "ECALL_M" in lines[trap]
    assert "ecall" in lines[trap - 1]
    assert any(line.startswith("M 0x") for line in lines[trap + 1 :])
    assert "<- 0x5555" in err


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("def choose_interrupt(hart):\n    return None\n", "MissingFunction: traps.py does not"),
        (
            "def access_mode(hart, fetch):\n    return {}[3]\n",
            "KeyError: 3\n    traps.py:2 access_mode: return {}[3]",
        ),
        ("def access_mode(hart, fetch):\n    return 'M'\n", "BadAnswer: access_mode"),
    ],
)
def test_a_part_that_fails_is_told_by_its_own_lines(boot, tmp_path, part, said):
    (tmp_path / "traps.py").write_text(part)
    status, out, err = boot(FINISH.format(word="0x5555"), traps=tmp_path / "traps.py")
    assert (status, out) == (125, "")
    assert err.startswith(f"vmlab: the part failed: {said}")
    assert "Traceback" not in err


def test_a_part_that_cannot_be_imported_is_told(boot, tmp_path):
    (tmp_path / "traps.py").write_text("x = \n")
    status, out, err = boot("nop", traps=tmp_path / "traps.py")
    assert (status, out) == (1, "")
    assert err.startswith("vmlab: traps.py:1: SyntaxError")


def test_the_folder_s_part_is_the_default(toy, vmlab, tmp_path, monkeypatch):
    folder = toy.make(tmp_path / "f", part=TRAPS.read_text())
    (folder / "guest.S").write_text(FINISH.format(word="0x5555"))
    monkeypatch.chdir(folder / "tests")
    assert vmlab("run", "../guest.S") == (0, "", "")


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("g.elf", b"\x7fELF", [], "g.elf: damaged ELF file"),
        ("g.elf", b"\x7fELF" + bytes(200), [], "g.elf: "),
        ("g.S", b"nop\n", ["--profile", "popf"], "no profile 'popf'; there are sret, sstatus-r"),
        ("g.S", b"nop\n", ["--trace", "all"], "no trace of 'all'; there are instructions, traps"),
        ("g.S", b".space 0x200000\n", ["--ram", "1"], "lies outside RAM"),
    ],
)
def test_a_guest_that_cannot_be_run_is_one_sentence(
    vmlab, tmp_path, monkeypatch, name, content, options, sentence
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    status, out, err = vmlab("run", name, "--traps", TRAPS, *options)
    assert (status, out) == (2, "")
    assert err.startswith("vmlab: ")
    assert sentence in err
    assert err.count("\n") == 1
