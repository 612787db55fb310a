"""The compiled seccomp filters, run on an interpreter of our own: what libseccomp made of them."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Sequence

import pytest

from grader.walls import seccomp
from grader.walls.syscalls import (
    ALLOWED,
    CREATING,
    FCNTL,
    FORBIDDEN,
    IOCTL,
    IOCTL_CLOEXEC,
    SELF_ONLY,
)
from grader.worker.filters import INSTRUCTION, _with_pid

pytestmark = pytest.mark.skipif(bool(seccomp.why_not()), reason=seccomp.why_not() or "stands")

ALLOW, NOTIFY, KILL_PROCESS = 0x7FFF0000, 0x7FC00000, 0x80000000
ENOSYS, EACCES = 0x00050000 | 38, 0x00050000 | 13
PID = 4321
OTHER_ARCHITECTURE = 0x40000003
"""i386, whose system calls have other numbers (int 0x80)."""

Verdict = Callable[..., int]


def run(program: bytes, number: int, arguments: Sequence[int], architecture: int) -> int:
    """Run a classic BPF program on a `struct seccomp_data`, as the kernel does."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(w & (1 << 64) - 1 for w in words))
    at = accumulator = 0
    while True:
        code, if_true, if_false, k = struct.unpack_from("<HBBI", program, at * INSTRUCTION)
        at += 1
        if code == 0x20:  # ld [k]
            accumulator = struct.unpack_from("<I", data, k)[0]
        elif code == 0x54:  # and #k
            accumulator &= k
        elif code == 0x05:  # ja
            at += k
        elif code == 0x06:  # ret #k
            return int(k)
        else:
            taken = {
                0x15: accumulator == k,
                0x25: accumulator > k,
                0x35: accumulator >= k,
                0x45: bool(accumulator & k),
            }[code]
            at += if_true if taken else if_false


@pytest.fixture(params=["listen", "kill"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=[True, False], ids=["files", "no files"])
def files(request: pytest.FixtureRequest) -> bool:
    value: bool = request.param
    return value


@pytest.fixture
def verdict(kind: str, files: bool) -> Verdict:
    program = getattr(seccomp.compiled(files), kind)
    if not program:
        pytest.skip("this kernel has no user notification")
    program = _with_pid(program, seccomp.OWN_PID, PID)
    library = seccomp._library()

    def judge(name: str | int, *arguments: int, architecture: int | None = None) -> int:
        number = name if isinstance(name, int) else library.resolve_syscall(0, name)
        here = library.system_arch() if architecture is None else architecture
        return run(program, number, arguments, here)

    return judge


@pytest.fixture
def forbid(kind: str) -> int:
    return NOTIFY if kind == "listen" else KILL_PROCESS


def known(names: Sequence[str]) -> list[str]:
    library = seccomp._library()
    return [name for name in names if library.resolve_syscall(0, name) >= 0]


def test_the_lists(verdict: Verdict, forbid: int) -> None:
    assert not set(ALLOWED) & set(FORBIDDEN)
    for arguments in ((0,) * 6, (1,) * 6, ((1 << 64) - 1,) * 6):
        assert {name: verdict(name, *arguments) for name in known(ALLOWED)} == dict.fromkeys(
            known(ALLOWED), ALLOW
        )
        names = known([name for name in FORBIDDEN if name not in SELF_ONLY])
        assert {name: verdict(name, *arguments) for name in names} == dict.fromkeys(names, forbid)


def test_what_is_in_no_list_does_not_exist(verdict: Verdict) -> None:
    library = seccomp._library()
    special = ("fcntl", "ioctl", "prlimit64", "openat", "open")
    names = known([*ALLOWED, *FORBIDDEN, *CREATING, *special])
    listed = {library.resolve_syscall(0, name) for name in names}
    for number in {*range(1024), 1 << 20, (1 << 30) - 1} - listed:
        assert verdict(number) == ENOSYS


def test_another_architectures_calls_kill(verdict: Verdict) -> None:
    for number in (0, 1, 60, 221):
        assert verdict(number, architecture=OTHER_ARCHITECTURE) == KILL_PROCESS


def test_x32_calls_are_not_let_through(verdict: Verdict) -> None:
    for number in (0, 1, 41, 57, 59, 520):
        assert verdict(number | 0x40000000) in (KILL_PROCESS, ENOSYS)


def test_signals_go_to_the_process_itself_only(verdict: Verdict, forbid: int) -> None:
    for name in known(SELF_ONLY):
        assert verdict(name, PID, PID, 6) == ALLOW
        for pid in (0, 1, -1, PID + 1, -PID, PID | 1 << 32, seccomp.OWN_PID):
            assert verdict(name, pid, PID, 6) == forbid


def test_limits_are_read_only(verdict: Verdict, forbid: int) -> None:
    for pid in (0, 1, PID):
        for limit in range(16):
            assert verdict("prlimit64", pid, limit, 0, 4096) == ALLOW
            for new in (1, 4096, 1 << 32, 1 << 63):
                assert verdict("prlimit64", pid, limit, new, 0) == forbid


def test_descriptor_commands(verdict: Verdict) -> None:
    for name, commands in (("fcntl", FCNTL), ("ioctl", {**IOCTL, **IOCTL_CLOEXEC})):
        for command in {*range(64), *range(1024, 1064), *range(0x5400, 0x5480)}:
            expected = ALLOW if command in commands.values() else ENOSYS
            assert verdict(name, 3, command) == expected
        assert verdict(name, 3, 0x5412) == ENOSYS, "TIOCSTI types into the terminal"


def test_files_are_opened_to_read_or_counted(verdict: Verdict, kind: str, files: bool) -> None:
    create = NOTIFY if files and kind == "listen" else EACCES
    for name, leading in (("openat", (-100, 4096)), ("open", (4096,))):
        if name not in known([name]):
            continue
        bits = (0o1, 0o2, 0o100, 0o200, 0o1000, 0o2000, 0o200000)
        for chosen in itertools.product((0, 1), repeat=len(bits)):
            flags = sum(bit for bit, on in zip(bits, chosen, strict=True) if on)
            making, changing = flags & 0o100, flags & 0o1103
            if making:
                expected = create
            elif changing and not files:
                expected = EACCES
            else:
                expected = ALLOW
            assert verdict(name, *leading, flags) == expected, oct(flags)
            assert verdict(name, *leading, flags | 0o20000000) == EACCES, "O_TMPFILE"
            assert verdict(name, *leading, flags | 0o2000000) == expected, "O_CLOEXEC"
    for name in known(CREATING):
        assert verdict(name) == create
