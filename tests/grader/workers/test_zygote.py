"""Where workers come from: the stage they see, the walls that stand, and what can go wrong."""

from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest
from vmlab.hart import HartState
from vmlab.link.errors import LinkFailure, PartExited, PartTimeout
from vmlab.link.interface import Interface
from vmlab.parts.traps import Part as TrapsPart

from grader import walls
from grader.walls import bubblewrap, places, seccomp, uids
from grader.zygote import Limits, Zygote
from grader.zygote.process import Ended, _mentioned
from grader.zygote.stage import Stage, wipe
from grader.zygote.worker import meaning

SOURCE = "def wakes(hart):\n    return hart.mip != 0\n"


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "traps.py").write_text(SOURCE)
    return folder


def test_a_part_of_vmlab_is_served(submission: Path) -> None:
    with Zygote(submission, "traps", Limits()) as zygote:
        for mip in (0, 2):
            with zygote.worker() as worker:
                part = worker.link(Interface.of(TrapsPart))
                assert part.wakes(HartState(mip=mip)) is bool(mip)
    assert not zygote._stage.root.exists()


def test_a_file_that_only_its_owner_may_read_is_served_too(submission: Path) -> None:
    (submission / "traps.py").chmod(0o600)
    submission.chmod(0o700)
    with Zygote(submission, "traps", Limits()) as zygote, zygote.worker() as worker:
        assert worker.link(Interface.of(TrapsPart)).wakes(HartState(mip=1))


def test_workers_of_one_zygote_live_side_by_side(submission: Path) -> None:
    with Zygote(submission, "traps", Limits()) as zygote:
        with zygote.worker() as first, zygote.worker() as second:
            parts = [w.link(Interface.of(TrapsPart)) for w in (first, second, first)]
            assert [part.wakes(HartState(mip=i)) for i, part in enumerate(parts)] == [
                False,
                True,
                True,
            ]
        assert first.peak_kib is not None
        assert first.peak_kib < 120 << 10


def test_files_beside_the_part_and_given_parts_can_be_imported(
    submission: Path, tmp_path: Path
) -> None:
    given = tmp_path / "earlier.py"
    given.write_text("ANSWER = 3\n")
    (submission / "helper.py").write_text("ANSWER = 4\n")
    (submission / "traps.py").write_text(
        "import earlier, helper\ndef choose_interrupt(h): return earlier.ANSWER + helper.ANSWER\n"
    )
    with Zygote(submission, "traps", Limits(), given=[given]) as zygote, zygote.worker() as worker:
        assert worker.link(Interface.of(TrapsPart)).choose_interrupt(HartState()) == 7


def test_workers_load_what_was_compiled_once(submission: Path) -> None:
    (submission / "clean.py").write_text("")
    (submission / "odd.py").write_text("said = 1 is 1\n")
    (submission / "broken.py").write_text("(")
    (submission / "traps.py").write_text(
        "import sys\n"
        "events = []\n"
        "sys.addaudithook(lambda event, args: event == 'compile' and events.append(args))\n"
        "import clean\n"
        "assert not events\n"
        "import odd\n"
        "assert events\n"
        "try:\n    import broken\nexcept SyntaxError as error:\n    print(error.filename)\n"
        + SOURCE
    )
    with Zygote(submission, "traps", Limits()) as zygote:
        for _ in range(2):
            with zygote.worker() as worker:
                assert worker.link(Interface.of(TrapsPart)).wakes(HartState(mip=1))
                assert "SyntaxWarning" in worker.output  # said by each worker, as ever
                assert "broken.py" in worker.output


def test_a_file_of_the_submission_can_hide_no_module_of_ours(
    submission: Path, tmp_path: Path
) -> None:
    for name in {*sys.stdlib_module_names, "vmlab", "_vmlab_worker", "sitecustomize"}:
        (submission / f"{name}.py").write_text("raise SystemExit('mine')\n")
    (submission / "toy.py").write_text("def number():\n    return 1\n")
    # Imported by the zygote, outside the walls, when the submission is laid out already.
    interface = tmp_path / "interface.py"
    interface.write_text(
        "import colorsys\nfrom typing import Protocol\n"
        "class Part(Protocol):\n    def number(self) -> int: ...\n"
    )

    class Part(Protocol):
        def number(self) -> int: ...

    with (
        Zygote(submission, "toy", Limits(), interface=interface) as zygote,
        zygote.worker() as worker,
    ):
        assert worker.link(Interface.of(Part)).number() == 1


def test_links_and_caches_stay_out_of_the_stage(submission: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("ANSWER = 42\n")
    (submission / "link.py").symlink_to(secret)
    (submission / "folder").symlink_to(tmp_path)
    (submission / "__pycache__").mkdir()
    (submission / "__pycache__" / "traps.cpython-311.pyc").write_bytes(b"planted")
    os.mkfifo(submission / "pipe")
    stage = Stage(submission, (), None)
    try:
        assert [path.name for path in stage.submission.rglob("*")] == ["traps.py"]
        for path in stage.kit.rglob("*"):
            assert stat.S_IMODE(path.lstat().st_mode) == (0o755 if path.is_dir() else 0o644)
            assert not path.is_symlink()
    finally:
        stage.remove()
    assert not stage.root.exists()


def test_a_submission_without_end_is_refused(
    submission: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("grader.zygote.stage.SUBMISSION_BYTES", 10)
    monkeypatch.setattr("grader.zygote.stage._temporary_folder", lambda: tmp_path / "stage")
    (tmp_path / "stage").mkdir()
    with pytest.raises(LinkFailure, match="larger than 10 bytes"):
        Stage(submission, (), None)
    assert not (tmp_path / "stage").exists()


def test_a_folder_with_every_right_taken_away_is_wiped(tmp_path: Path) -> None:
    inner = tmp_path / "scratch" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder in (inner, inner.parent):
        folder.chmod(0)
    wipe(tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_what_a_source_mentions_of_vmlab() -> None:
    text = (
        "import vmlab.csrs as c\n"
        "from vmlab.isa.registers import x\n"
        "from vmlab import hart, trap as t\n"
    )
    assert _mentioned(text) == {
        "vmlab.csrs",
        "vmlab.isa",
        "vmlab.isa.registers",
        "vmlab.hart",
        "vmlab.trap",
    }
    assert _mentioned("vmlab " * 1000) == set()


# Walls


def test_every_wall_is_reported_with_what_its_absence_lets_through() -> None:
    found = walls.available()
    assert [wall.name for wall in found] == [
        "bubblewrap",
        "uid",
        "landlock",
        "seccomp",
        "no_new_privs",
        "rlimits",
    ]
    assert all(wall.why and wall.lets_through for wall in found)
    assert set(walls.REQUIRED) <= {wall.name for wall in found}


def test_a_wall_that_is_missing_is_named() -> None:
    standing = [walls.Wall("landlock", False, "", ""), walls.Wall("uid", False, "", "")]
    assert walls.missing(standing) == ["landlock"]


@pytest.mark.parametrize("error", [ImportError("x"), RuntimeError("Unable to find libseccomp")])
def test_no_libseccomp_is_reported(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def library() -> Any:
        raise error

    monkeypatch.setattr(seccomp, "_library", library)
    wall = next(wall for wall in walls.available() if wall.name == "seccomp")
    assert not wall.stands
    assert "not installed" in wall.why
    assert "seccomp" in walls.missing()
    assert "seccomp" not in walls.policy().names


def test_no_bubblewrap_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    bubblewrap.why_not.cache_clear()
    try:
        assert bubblewrap.why_not() == "bwrap is not installed"
    finally:
        bubblewrap.why_not.cache_clear()


def test_uids_are_claimed_once() -> None:
    with uids.claim() as first, uids.claim() as second:
        assert first != second
        assert {first, second} <= set(range(uids.FIRST, uids.FIRST + uids.COUNT))
    with uids.claim() as again:
        assert again == first


def test_no_site_packages_can_be_read() -> None:
    hidden = places.hidden()
    for path in sys.path:
        if any(name in path for name in places.SITE_FOLDERS) and Path(path).is_dir():
            folder = Path(path).resolve()
            reachable = any(folder.is_relative_to(root) for root in places.readable())
            assert not reachable or any(folder.is_relative_to(each) for each in hidden)


@pytest.mark.parametrize("wall", ["bubblewrap", "uid", "landlock", "seccomp"])
def test_a_wall_can_be_left_out_by_name(submission: Path, wall: str) -> None:
    policy = walls.policy(without=[wall])
    assert wall not in policy.names
    with Zygote(submission, "traps", Limits(), policy) as zygote, zygote.worker() as worker:
        assert worker.link(Interface.of(TrapsPart)).wakes(HartState(mip=1))


def test_a_wall_that_does_not_rise_is_our_failure(submission: Path) -> None:
    policy = walls.Policy(walls.policy().names | {"moat"})
    with (
        Zygote(submission, "traps", Limits(), policy) as zygote,
        pytest.raises(LinkFailure, match="a wall does not stand"),
        zygote.worker(),
    ):
        pass


# Our own failures


def test_a_zygote_that_dies_is_our_failure(submission: Path) -> None:
    with Zygote(submission, "traps", Limits()) as zygote:
        with zygote.worker():
            pass
        zygote._process.kill()
        zygote._process.wait()
        with (
            pytest.raises(LinkFailure, match="the process that makes workers failed"),
            zygote.worker(),
        ):
            pass


def test_an_interface_that_cannot_be_imported_is_our_failure(submission: Path) -> None:
    with (
        Zygote(submission, "unheard_of", Limits()) as zygote,
        pytest.raises(LinkFailure, match=r"No module named 'vmlab\.parts\.unheard_of'"),
        zygote.worker(),
    ):
        pass


def test_no_process_outlives_the_grader(submission: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom grader import walls\n"
        "from grader.zygote import *\n"
        f"zygote = Zygote(Path({str(submission)!r}), 'traps', Limits(),"
        " walls.policy(['bubblewrap'])).__enter__()\n"
        "worker = zygote.worker().__enter__()\n"
        "print(zygote._process.pid, worker._pid, zygote._stage.root, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    zygote, worker, stage = done.stdout.split()
    for pid in (int(worker), int(zygote)):
        _wait_until_gone(pid)
    with Zygote(submission, "traps", Limits()) as later:
        assert later._stage.root.exists()
        assert not Path(stage).exists(), "what a killed grader left is removed by the next"


def _wait_until_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(30_000), f"process {pid} is still there"
    os.close(descriptor)


def test_an_interrupted_call_leaves_no_worker(
    zygotes: Callable[..., Zygote], toy: ModuleType
) -> None:
    class Computer:
        def peek(self, address: int) -> int:
            raise KeyboardInterrupt

    with zygotes().worker() as worker:
        part = worker.link(Interface.of(toy.Part))
        with pytest.raises(KeyboardInterrupt):
            part.nested(HartState(), Computer(), "peek")
        assert worker._last is not None, "it was ended at once"
        with pytest.raises(PartExited, match="given up"):
            part.number("right")


def test_the_kernel_s_limit_and_a_stranger_s_kill_are_told_apart() -> None:
    """A limit of 2 s has killed a worker that ignores SIGXCPU when it was charged 1.34 s."""
    limits = Limits(cpu_seconds=2)
    limited = Ended(status=-signal.SIGKILL, cpu_seconds=1.3, peak_kib=1)
    assert isinstance(meaning(limited, limits), PartTimeout)
    with pytest.raises(LinkFailure, match="killed from outside"):
        meaning(Ended(status=-signal.SIGKILL, cpu_seconds=0.3, peak_kib=1), limits)
