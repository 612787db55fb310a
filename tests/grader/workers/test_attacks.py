"""A submission attacks each wall; every attack must fail, and be told by its right name.

Run once as root, if the tests are, with every wall that stands; without bubblewrap, for the inner
walls must hold alone; and once more as a user without rights (`test_unprivileged.py`).
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from vmlab.link.errors import (
    LinkFailure,
    PartExited,
    PartOutOfMemory,
    PartRaised,
    PartTimeout,
    WallHit,
)
from vmlab.link.interface import Interface

from grader import walls
from grader.link import SharedMemory
from grader.walls import places, seccomp
from grader.walls.syscalls import FORBIDDEN
from grader.zygote import Limits, Worker

STANDING = walls.policy().names
INNER = ("bubblewrap",)
POLICIES = [pytest.param((), id="all")] if "bubblewrap" in STANDING else []
POLICIES.append(pytest.param(INNER, id="inner"))
COURSE = Path(walls.__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    bool(walls.missing()), reason=f"walls do not stand here: {', '.join(walls.missing())}"
)

Attack = Callable[..., str]


@pytest.fixture(params=POLICIES)
def without(request: pytest.FixtureRequest) -> tuple[str, ...]:
    names: tuple[str, ...] = request.param
    return names


@pytest.fixture
def attack(part: Callable[..., Any], without: tuple[str, ...]) -> Attack:
    """Run one attack in a fresh worker and return what it answers."""
    link = part(without=without)

    def run(name: str, argument: object = "") -> str:
        answer: str = link.attack(name, str(argument))
        return answer

    return run


def test_an_honest_part_is_let_alone(attack: Attack) -> None:
    assert attack("nothing") == "done"
    assert attack("null") == "1"
    assert attack("write and read", "note") == "was here"


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        ("socket", "", r"open a network or local connection \(socket\)"),
        ("unix socket", "", r"open a network or local connection \(socket\)"),
        ("socket pair", "", r"open a network or local connection \(socketpair\)"),
        ("thread", "", r"start a process or a thread \(clone3?\)"),
        ("fork", "", r"start a process or a thread \((clone3?|fork)\)"),
        ("process", "/bin/true", r"start a process or a thread \((clone3?|v?fork)\)"),
        ("exec", "/bin/true", r"run another program \(execve\)"),
        ("chmod", ".", r"change the file system \(f?chmod(at2?)?\)"),
        ("link", "stolen", r"change the file system \(link(at)?\)"),
        ("symlink", "stolen", r"change the file system \(symlink(at)?\)"),
        ("kill parent", "", r"signal another process \(kill\)"),
        ("kill all", "", r"signal another process \(kill\)"),
        ("kill", os.getpid(), r"signal another process \(kill\)"),
        ("prctl", "", r"change what a process may do \(prctl\)"),
        ("many files", "", "more than 64 files"),
        ("many folders", "", "more than 64 files"),
    ],
)
def test_what_is_forbidden_is_named(attack: Attack, name: str, argument: object, said: str) -> None:
    with pytest.raises(WallHit, match=said):
        attack(name, argument)
    with pytest.raises(WallHit, match=said):
        attack("nothing")


def numbers() -> dict[str, int]:
    if seccomp.why_not():
        return {}
    return {name: number for number, name in seccomp.names().items() if name in FORBIDDEN}


@pytest.mark.parametrize("name", sorted(numbers()))
def test_every_forbidden_system_call(part: Callable[..., Any], name: str) -> None:
    # Arguments of zeros would let some succeed harmlessly: not one may reach the kernel.
    with pytest.raises(WallHit, match=rf"\({name}\), which is forbidden"):
        part(without=INNER).attack("system call", f"{numbers()[name]} 0 0 0 0 0 0")


def test_system_calls_of_no_list_do_not_exist(attack: Attack) -> None:
    for number in (462, 470, 999, 5000):
        assert attack("system call", f"{number} 0 0 0 0 0 0") == "(-1, 38)"


def test_limits_can_be_read_not_set(attack: Attack) -> None:
    library = seccomp._library()
    prlimit = library.resolve_syscall(0, "prlimit64")
    assert attack("system call", f"{prlimit} 0 7 0 0 0 0") == "(0, 0)"
    with pytest.raises(WallHit, match="prlimit64"):
        attack("system call", f"{prlimit} 0 7 4096 0 0 0")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/shadow",
        "/proc/self/environ",
        "/proc/self/maps",
        "/proc/self/mem",
        "/proc/1/environ",
        "/proc/1/cmdline",
        str(Path(__file__)),
        str(COURSE / "pyproject.toml"),
        str(Path(pytest.__file__)),
    ],
)
def test_no_other_file_can_be_read(attack: Attack, path: str) -> None:
    assert attack("caught read", path) in ("PermissionError", "FileNotFoundError")


def test_a_hidden_file_within_reach_is_a_wall_hit(part: Callable[..., Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the answer is 42")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    secret.chmod(0o644)
    with pytest.raises(WallHit, match=r"PermissionError: .*secret.*walls\.py, line \d+"):
        part(without=INNER).attack("read", str(secret))


def test_the_memory_of_the_parent_is_out_of_reach(attack: Attack) -> None:
    with pytest.raises((WallHit, PartRaised), match=r"PermissionError|FileNotFoundError"):
        attack("parent memory")


@pytest.mark.parametrize("folder", places.hidden())
def test_no_installed_package_can_be_read(attack: Attack, folder: Path) -> None:
    library = Path(sysconfig.get_path("stdlib")).resolve()
    for file in sorted(folder.rglob("*.py"))[:5]:
        assert attack("caught read", file) in ("PermissionError", "FileNotFoundError")
        if file.is_relative_to(library):
            assert "read" not in attack("read beside library", file.relative_to(library)).split("'")
    assert "read" in attack("read beside library", "json/__init__.py").split("'")


@pytest.mark.parametrize("path", ["/", "/tmp", "/proc", "/proc/self/fd", "/etc", "..", str(COURSE)])
def test_no_other_folder_can_be_listed(attack: Attack, path: str) -> None:
    with pytest.raises((WallHit, PartRaised), match=r"PermissionError|FileNotFoundError"):
        attack("list", path)


@pytest.mark.parametrize("where", ["/tmp", "/dev/shm", "/var/tmp", "..", "../../submission", "/"])
def test_nothing_is_written_but_in_the_scratch(attack: Attack, where: str) -> None:
    target = Path(where, f"stolen-{os.getpid()}")
    with pytest.raises((WallHit, PartRaised), match=r"PermissionError|FileNotFoundError|Read-only"):
        attack("write", target)
    assert not target.exists()


def test_a_file_in_the_scratch_has_a_bound(attack: Attack) -> None:
    with pytest.raises((PartRaised, PartExited), match=r"File too large|SIGXFSZ"):
        attack("big file")


@pytest.mark.skipif("uid" not in STANDING, reason="only root can give workers a uid")
def test_each_worker_is_a_user_of_its_own(
    part: Callable[..., Any], without: tuple[str, ...]
) -> None:
    first, second = part(without=without), part(without=without)
    found = [
        json.loads(link.attack("uid", "").replace("(", "[").replace(")", "]"))
        for link in (first, second)
    ]
    for uid, effective, group, groups in found:
        assert 64_000 <= uid == effective == group < 65_536
        assert groups == []
    assert found[0] != found[1]


def test_a_process_may_end_itself(part: Callable[..., Any]) -> None:
    with pytest.raises(PartExited, match="ended by SIGABRT"):
        part().attack("abort", "")
    with pytest.raises(PartExited, match="ended by SIGSEGV"):
        part().attack("raise signal", "")


def test_a_worker_that_is_killed_from_outside_is_not_the_part_s_fault(
    worker: Callable[..., Worker], toy: ModuleType
) -> None:
    here = worker(without=INNER)  # elsewhere its number is another's
    link = here.link(Interface.of(toy.Part))
    assert link.attack("remember", "x") == "['x']"
    os.kill(here._pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(LinkFailure, match="killed from outside"):
            link.attack("remember", "y")


# Limits


@pytest.mark.parametrize("name", ["hog", "one hog"])
def test_memory_is_bounded(attack: Attack, name: str) -> None:
    with pytest.raises(PartOutOfMemory, match="memory"):
        attack(name)


def test_mapped_memory_is_bounded(attack: Attack) -> None:
    with pytest.raises((PartOutOfMemory, PartRaised), match="memory"):
        attack("map hog")


@pytest.mark.parametrize("name", ["loop", "stubborn loop"])
def test_processor_time_is_bounded(
    part: Callable[..., Any], without: tuple[str, ...], name: str
) -> None:
    with pytest.raises(PartTimeout, match="used up its 1 seconds of processor time"):
        part(without=without, limits=Limits(cpu_seconds=1)).attack(name, "")


def test_waiting_is_bounded(part: Callable[..., Any]) -> None:
    started = time.monotonic()
    with pytest.raises(PartTimeout, match="took too long"):
        part(limits=Limits(wall_seconds=0.3)).attack("sleep", "")
    assert time.monotonic() - started < 30


def test_recursion_is_the_parts_own_failure(attack: Attack) -> None:
    with pytest.raises(PartRaised, match="RecursionError"):
        attack("recurse")
    with pytest.raises((PartExited, PartOutOfMemory, PartRaised, PartTimeout)):
        attack("recurse deeper")


def test_a_flood_of_output_neither_blocks_nor_is_kept(
    worker: Callable[..., Worker], toy: ModuleType, without: tuple[str, ...]
) -> None:
    here = worker(without=without)
    assert here.link(Interface.of(toy.Part)).attack("flood", "256") == "printed"
    kept, note = here.output.split("\n")
    assert kept == "x" * 1000
    assert note == f"[cut: {(512 << 20) - 1000:,} more bytes were printed]"


def test_what_was_printed_before_the_end_is_kept(
    worker: Callable[..., Worker], toy: ModuleType
) -> None:
    here = worker()
    with pytest.raises(PartExited, match="exit status 3"):
        here.link(Interface.of(toy.Part)).attack("print and exit", "last words")
    assert here.output == "last words\n"
    here.close()
    assert here.output == "last words\n"


def test_text_of_a_part_cannot_command_a_terminal(
    worker: Callable[..., Worker], toy: ModuleType
) -> None:
    here = worker()
    with pytest.raises(PartRaised) as caught:
        here.link(Interface.of(toy.Part)).attack("colours", "")
    for text in (here.output, str(caught.value), caught.value.traceback):
        assert "\\x1b[" in text
        assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_closing_every_descriptor_ends_the_worker(attack: Attack) -> None:
    with pytest.raises(PartExited, match="closed its connection"):
        attack("close all")


# What is in a worker


def test_a_worker_knows_nothing_of_the_grader(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    everything = attack("surroundings")
    for secret in (str(COURSE), "hunter2", "_pytest", "pydantic", "site-packages", "grader.link"):
        assert secret not in everything


def test_a_worker_has_no_descriptors_but_its_own(attack: Attack) -> None:
    found = json.loads(attack("descriptors"))
    kinds = {descriptor: kind for descriptor, kind in found if descriptor > 2}
    assert sorted(kinds.values()).count(stat.S_IFIFO) == 2, "questions and answers"
    # The standard library's folders, where their path is closed to the worker.
    assert set(kinds.values()) <= {stat.S_IFIFO, stat.S_IFDIR}


@pytest.mark.parametrize("name", ["grader", "pydantic", "pytest", "pip", "solutions", "toy_course"])
def test_other_packages_cannot_be_imported(attack: Attack, name: str) -> None:
    with pytest.raises(PartRaised, match="ModuleNotFoundError"):
        attack("import", name)


@pytest.mark.parametrize(
    "name", ["decimal", "json.tool", "sqlite3", "ctypes", "lzma", "vmlab.csrs", "vmlab.sv39"]
)
def test_the_standard_library_and_vmlab_can(attack: Attack, name: str) -> None:
    assert attack("import", name) == "imported"


def test_nothing_passes_from_one_worker_to_the_next(
    part: Callable[..., Any], without: tuple[str, ...]
) -> None:
    for _ in range(2):
        link = part(without=without)
        assert link.attack("remember", "x") == "['x']"
        assert link.attack("remember", "y") == "['x', 'y']"
        with pytest.raises(PartRaised, match="FileNotFoundError"):
            link.attack("read", "note")
        link.attack("write", "note")


def test_a_scratch_is_wiped(zygotes: Callable[..., Any], toy: ModuleType) -> None:
    zygote = zygotes()
    with zygote.worker() as worker:
        link = worker.link(Interface.of(toy.Part))
        link.attack("write", "note")
        with pytest.raises(WallHit):
            link.attack("many folders", "")
    left = {path.name for path in zygote._stage.scratch.rglob("*")}
    assert {name for name in left if not name.isdigit()} <= {"own"}  # the next worker's


def test_a_scratch_shows_nothing_of_the_ones_before(zygotes: Callable[..., Any]) -> None:
    zygote = zygotes("# Of its own: with shared memory it keeps no worker ready.")
    sizes = []
    for _ in range(3):
        with SharedMemory(4096) as memory, zygote.worker(memory.descriptor):
            (folder,) = zygote._stage.scratch.glob("*/own")
            sizes.append(folder.stat().st_size)
            for number in range(60):  # on most file systems a folder grows for good
                (folder / f"{number:0250}").touch()
    assert len(set(sizes)) == 1


def test_a_killed_worker_is_gone(zygotes: Callable[..., Any]) -> None:
    with zygotes(without=INNER).worker() as worker:
        pid = worker._pid
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
