"""Kill what grades, at random moments, and see that no score is wrong and none is lost.

    python benchmarks/kills.py --isolation process --kills 200 [--seed 1] [--every 0.8]
        [--image TAG] [--engine "COMMAND THAT STARTS IT"]

Grades a small class again and again. Meanwhile it kills, with SIGKILL, the grader, a session, a
zygote, a worker, in containers the first process of one, and with --engine Docker's engine, which
is then started again. Afterwards each submission of the run must have its right score or none at
all, and say so; after the grader itself was killed, what it left must be whole, and a further run
must grade everyone.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOY = ROOT / "tests" / "grader" / "toy_course"
KINDS = {"good": 10.0, "wrong": 4.0, "skeleton": 0.0}
RIGHT = {f"{kind}{number}": right for number in range(4) for kind, right in KINDS.items()}


def main() -> None:
    """Kill as often as asked; exit 1 at the first wrong score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--isolation", default="process")
    parser.add_argument("--image", default="vmlab-grader:tests")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=0.8, help="seconds between kills, at most")
    parser.add_argument("--engine", default="", help="a command that starts Docker's engine")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    kills: collections.Counter[str] = collections.Counter()
    ends: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        hand_in(place / "class")
        while kills.total() < given.kills:
            out = place / f"out{kills.total()}"
            words = ["--isolation", given.isolation, "--image", given.image, "--out", str(out)]
            victims, status, said = one_run(place, words, chance, given.every, given.engine)
            kills.update(victims)
            # 2: it could not even begin, and said so; nobody was graded.
            refused = status == 2 and not out.exists()
            try:
                ends.update(judge(out, "grader" in victims or refused))
            except AssertionError as error:
                sys.exit(f"{error}; killed: {victims}; status {status}; it said:\n{said}")
            if "grader" in victims:
                subprocess.run(command(place, words), env=environment(), capture_output=True)
                assert judge(out, False)["right"] == len(RIGHT), "not all were graded again"
            print(f"{kills.total():4} {dict(kills)} {dict(ends)}", flush=True)


def hand_in(folder: Path) -> None:
    """Write a class whose scores are known."""
    solution = (TOY / "reference/solutions/traps.py").read_text()
    sources = {
        "good": solution,
        "wrong": solution.replace("bool(", "not bool("),
        "skeleton": "def wakes(hart):\n    raise NotImplementedError('T1: waking')\n",
    }
    for name in RIGHT:
        (folder / name).mkdir(parents=True)
        (folder / name / "traps.py").write_text(sources[name.rstrip("0123456789")])


def command(place: Path, words: list[str]) -> list[str]:
    """Return the command line of a grading."""
    code = "from grader.cli import main; main()"
    start = [sys.executable, "-c", code, "--course", str(TOY), "grade", "toy"]
    return [*start, str(place / "class"), "--jobs", "2", *words]


def environment() -> dict[str, str]:
    """Return the environment in which this checkout is the grader."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}"}


def one_run(
    place: Path, words: list[str], chance: random.Random, every: float, engine: str
) -> tuple[list[str], int, str]:
    """Grade once, and kill something every now and then.

    Return what was killed, the grader's exit status, and what it said.
    """
    process = subprocess.Popen(
        command(place, words), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    contained = "docker" in words
    killed = []
    while process.poll() is None:
        time.sleep(chance.uniform(0.05, every))
        victims = below(process.pid, contained)
        if {"zygote", "container"}.isdisjoint(kind for _, kind in victims):
            continue  # only the tests are being collected: without them nobody is graded
        luck = chance.random()
        if luck < 0.05:
            victims = [(process.pid, "grader")]
        elif engine and luck < 0.15:
            victims = [(pid, "engine") for pid in engines()]
        if not victims:
            continue
        kind = chance.choice(sorted({kind for _, kind in victims}))
        pid = chance.choice([pid for pid, of in victims if of == kind])
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed.append(kind)
        if kind == "engine":
            subprocess.run(shlex.split(engine), check=True, capture_output=True)
    said, _ = process.communicate()
    return killed, process.returncode, said.decode(errors="replace")


def engines() -> list[int]:
    """Return the processes that are Docker's engine."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if (entry / "comm").read_bytes() == b"dockerd\n":
                found.append(int(entry.name))
    return found


def below(pid: int, contained: bool) -> list[tuple[int, str]]:
    """Return the processes that grade for `pid`, those in containers too, by what they are."""
    parents: dict[int, int] = {}
    kinds: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            status = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(entry.name)
        parents[number] = int(status[1])
        if contained and "grader.contained" in words:
            kinds[number] = "container"
        elif "grader.session" in words:
            kinds[number] = "session"
        elif "_vmlab_worker" in words:
            kinds[number] = "zygote"
    for number, kind in list(kinds.items()):
        if kind == "zygote" and kinds.get(parents[number]) == "zygote":
            kinds[number] = "worker"
    return [(n, kind) for n, kind in kinds.items() if ours(n, pid, parents, kinds)]


def ours(number: int, pid: int, parents: dict[int, int], kinds: dict[int, str]) -> bool:
    """Tell whether a process descends from our grader, or from a container of ours."""
    while number > 1:
        if number == pid:
            return True
        if kinds.get(number) == "container":
            return in_our_container(number)
        number = parents.get(number, 0)
    return False


def in_our_container(number: int) -> bool:
    """Tell it by the course in its environment: only images have it there."""
    try:
        return b"GRADER_COURSE=/autograder/source" in Path(f"/proc/{number}/environ").read_bytes()
    except OSError:
        return False


def judge(out: Path, broken_off: bool) -> collections.Counter[str]:
    """Count how submissions ended; a wrong score, or a lost submission, is an error."""
    ends: collections.Counter[str] = collections.Counter()
    for name, right in RIGHT.items():
        path = out / name / "results.json"
        if not path.exists():
            assert broken_off, f"{name} was lost"
            ends["not yet"] += 1
            continue
        results = json.loads(path.read_text())
        if "score" not in results:
            assert "fault of the grader" in results["output"], results["output"]
            ends["ungraded"] += 1
        else:
            assert results["score"] == right, f"{name}: {results['score']}, not {right}"
            ends["right"] += 1
    return ends


if __name__ == "__main__":
    main()
