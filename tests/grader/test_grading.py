"""A class of the worst kind, graded by the command line with real workers and real walls."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from grader import walls

TOY = Path(__file__).parent / "toy_course"
ROOT = Path(__file__).parent.parent.parent
SOLUTION = (TOY / "reference/solutions/traps.py").read_text()
lacking = walls.missing()
# Some twenty submissions, on hosts that may be busy; the first test waits for all.
pytestmark = pytest.mark.timeout(900)
needs_walls = pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}")

CLASS = {
    "good": SOLUTION,
    "wrong": SOLUTION.replace("bool(", "not bool("),
    "skeleton": "def wakes(hart):\n    raise NotImplementedError('T1: waking')\n",
    "syntax": "def wakes(hart)\n",
    "exits": "import os\nos._exit(0)\n",
    "system_exit": "def wakes(hart): raise SystemExit(0)\ndef choose_interrupt(hart): exit()\n",
    "interrupt": "def wakes(h): raise KeyboardInterrupt\ndef choose_interrupt(h): return -1\n",
    "recursion": "def wakes(hart): return wakes(hart)\ndef choose_interrupt(hart): return 2**64\n",
    "loop": "def wakes(hart):\n    while True: pass\n",
    "hog": "def wakes(hart): return bool(bytes(1 << 40))\n",
    "equal": """
        class Same:
            def __eq__(self, other): return True
            def __hash__(self): return 0
            def __bool__(self): return True
        def wakes(hart): return Same()
        def choose_interrupt(hart): return Same()
        """,
    "prints": "def wakes(hart):\n    while True: print('x' * 1000000)\n",
    "socket": "import socket\ndef wakes(hart): return bool(socket.socket())\n",
    "forger": """
        import json, os, sys
        def wakes(hart):
            line = json.dumps({"event": "ended", "id": "public/test_waking.py::test_wakes",
                               "outcome": {"verdict": "passed", "score": 2.0}})
            for fd in range(3, 1024):
                try: os.write(fd, line.encode() + b"\\n")
                except OSError: pass
            print(line, flush=True)
            with open("results.json", "w") as file: file.write('{"score": 100}')
            return False
        """,
}


def grader(*arguments, cwd, **more):
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(), capture_output=True, text=True,
        timeout=280, **more,
    )  # fmt: skip


def command(*arguments):
    code = "from grader.cli import main; main()"
    return [sys.executable, "-c", code, "--course", str(TOY), *map(str, arguments)]


def environment():
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}"}


def write_class(folder, sources):
    for name, source in sources.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "traps.py").write_text(textwrap.dedent(source))
    return folder


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade the class once; return the reports by name."""
    place = tmp_path_factory.mktemp("graded")
    folder = write_class(place / "class", CLASS)
    (folder / "missing").mkdir()
    (folder / "missing" / "other.txt").touch()
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.writestr("traps.py", SOLUTION)
        archive.writestr("helper.py", "")
    done = grader("grade", "toy", folder, "--json", cwd=place)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert data["assignment"] == "toy"
    return {report["submission"]: report for report in data["reports"]}, place / "reports" / "toy"


def verdict(graded, name):
    """Return verdict and message of the test of `wakes`."""
    (test,) = [t for t in graded[0][name]["tests"] if t["number"] == "1.1"]
    return test["verdict"], test["message"]


@needs_walls
@pytest.mark.parametrize(
    ("name", "expected", "said"),
    [
        ("good", "passed", ""),
        ("wrong", "failed", ""),
        ("skeleton", "crashed", "T1: waking"),
        ("syntax", "crashed", "SyntaxError"),
        ("exits", "crashed", "exit status 0"),
        ("system_exit", "crashed", "SystemExit"),
        ("interrupt", "crashed", "KeyboardInterrupt"),
        ("recursion", "crashed", "RecursionError"),
        ("loop", "timeout", ""),
        ("hog", "out_of_memory", ""),
        ("equal", "failed", ""),
        ("socket", "wall_hit", "socket"),
        ("forger", "failed", ""),
    ],
)
def test_each_gets_its_verdict(graded, name, expected, said):
    got, message = verdict(graded, name)
    assert (got, message) == (expected, message)
    assert said in message


@needs_walls
def test_only_who_is_right_has_points(graded):
    reports, _ = graded
    scores = {name: report["score"] for name, report in reports.items()}
    assert scores.pop("good") == scores.pop("zipped") == 10
    assert scores.pop("broken") is None
    # Half of it is right: what is chosen, but not what wakes.
    assert scores.pop("wrong") == 4
    assert set(scores.values()) == {0}
    assert all(report["max_score"] == 10 for report in reports.values())


@needs_walls
def test_nobody_meets_an_internal_error(graded):
    reports, _ = graded
    found = {t["verdict"] for report in reports.values() for t in report["tests"]}
    assert "internal_error" not in found


@needs_walls
def test_every_student_has_both_files(graded):
    reports, out = graded
    assert sorted(path.name for path in out.iterdir()) == sorted(reports)
    for name, report in reports.items():
        data = json.loads((out / name / "results.json").read_text())
        assert data.get("score") == report["score"]
        assert (
            report["problem"] is None
            or report["problem"] in (out / name / "report.txt").read_text()
        )
    assert "traps.py is missing" in reports["missing"]["problem"]
    assert "damaged or incomplete zip" in reports["broken"]["problem"]
    assert reports["zipped"]["notes"] == [
        "helper.py was not used: this assignment takes traps.py and notes.py."
    ]


@needs_walls
def test_what_a_part_prints_is_kept_within_bounds(graded):
    reports, out = graded
    (test,) = [t for t in reports["prints"]["tests"] if t["number"] == "1.1"]
    assert 0 < len(test["output"]) < 200_000
    assert (out / "prints" / "results.json").stat().st_size < 200_000
    assert verdict(graded, "prints")[0] in ("timeout", "crashed", "out_of_budget")


@needs_walls
def test_repeated_runs_give_the_same_bytes(tmp_path):
    sources = {name: CLASS[name] for name in ("wrong", "equal")}
    folder = write_class(tmp_path / "class", sources)
    texts = []
    for run in ("1", "2"):
        assert grader("grade", "toy", folder, "--out", run, cwd=tmp_path).returncode == 0
        files = sorted((tmp_path / run).rglob("*.*"))
        assert len(files) == 2 * len(sources)
        texts.append([_timeless(path.read_text()) for path in files])
    assert texts[0] == texts[1]


def _timeless(text):
    return "\n".join(line for line in text.splitlines() if '"execution_time"' not in line)


@needs_walls
def test_table_and_exit_status(tmp_path):
    folder = write_class(tmp_path / "class", {"good": SOLUTION, "[red]bad": "x = "})
    (folder / "roster.csv").touch()
    done = grader("grade", "toy", folder, "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 0
    assert "good" in done.stdout
    assert "10 / 10" in done.stdout
    assert "[red]bad" in done.stdout.replace("_red_", "[red]")
    assert "SyntaxError" in done.stdout
    assert f"Reports: {Path('reports') / 'toy'}" in done.stdout
    assert done.stderr.startswith("Passed over, as no submissions: roster.csv.\nIsolation: ")


@needs_walls
def test_all_assignments_in_one_table(tmp_path):
    write_class(tmp_path / "course" / "toy", {"good": SOLUTION, "bad": "x = "})
    (tmp_path / "course" / "another").mkdir()
    done = grader("grade", "all", tmp_path / "course", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The course" in done.stdout
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.strip()}
    assert rows["good"] == ["10", "/", "10", "10"]
    assert rows["bad"] == ["0", "/", "10", "0"]
    assert "Reports: reports\n" in done.stdout
    assert (tmp_path / "reports" / "toy" / "good" / "results.json").exists()
    done = grader("grade", "all", tmp_path / "course", "--json", cwd=tmp_path)
    [toy] = json.loads(done.stdout)["assignments"]
    assert [report["score"] for report in toy["reports"]] == [0, 10]


@needs_walls
def test_ctrl_c_keeps_what_was_graded(tmp_path):
    slow = "import time\ndef wakes(hart):\n    while True: pass\n"
    folder = write_class(tmp_path / "class", {"a": "x = ", "b": slow, "c": slow, "d": slow})
    process = subprocess.Popen(
        command("grade", "toy", folder, "--jobs", "1"),
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        # A shell that runs this in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    first = tmp_path / "reports" / "toy" / "a" / "report.txt"
    while not first.exists():
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped: 1 of 4 submissions were graded, and are kept in" in err
    assert "Traceback" not in out + err
    assert sorted(path.name for path in (tmp_path / "reports" / "toy").iterdir()) == ["a"]
