"""A container a submission: what it may, that it goes away, and that it grades as all else does."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from grader import walls
from grader.course import Course
from grader.image.build import current
from grader.isolation import choose
from grader.isolation.container import Container
from grader.isolation.owner import HOST_LABEL, owner, sweep
from grader.problem import Problem

TOY = Path(__file__).parent.parent / "toy_course"
TAG = "vmlab-grader:tests"
SOLUTION = (TOY / "reference/solutions/traps.py").read_text()
lacking = walls.missing()
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}"),
]

CLASS = {
    "good": SOLUTION,
    "wrong": SOLUTION.replace("bool(", "not bool("),
    "skeleton": "def wakes(hart):\n    raise NotImplementedError('T1: waking')\n",
    "syntax": "def wakes(hart)\n",
    "raises": "def wakes(hart): return {}[hart.mode]\ndef choose_interrupt(hart): return 1\n",
    "hog": "def wakes(hart): return bool(bytes(1 << 40))\n",
    "socket": "import socket\ndef wakes(hart): return bool(socket.socket())\n",
    "prints": "def wakes(hart): print('one\\ttwo', hart.mode); return 7\n",
}
SLOW = "def wakes(hart):\n    while True: pass\ndef choose_interrupt(hart):\n    while True: pass\n"


def running(client):
    return client.containers.list(all=True, filters={"label": HOST_LABEL}, ignore_removed=True)


def test_the_same_bytes_behind_every_wall(home, grader):
    grader.hand_in(**CLASS)
    modes = ["process", "docker"]
    if not walls.bubblewrap.why_not():
        modes.append("bubblewrap")
    for mode in modes:
        done = grader.grade("--isolation", mode, "--image", TAG, "--out", mode)
        assert done.returncode == 0, done.stderr
        assert f"Isolation: {mode}." in done.stderr
    first = grader.results("process")
    assert sorted(first) == sorted(CLASS)
    assert '"score": 10.0' in first["good"]
    for mode in modes[1:]:
        assert grader.results(mode) == first


def test_auto_chooses_containers(home, unit):
    with choose("auto", unit, image=TAG) as (isolation, which):
        assert (isolation.name, which) == ("docker", "Isolation: docker.")
        assert {"uid", "seccomp", "no_new_privs", "rlimits"} <= set(isolation.walls)


def test_what_a_container_may(home):
    script = """
    import os, socket
    facts = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines())
    print(int(facts["CapEff"], 16), facts["NoNewPrivs"].strip())
    print(sorted(name for _, name in socket.if_nameindex()))
    for place in ("/new", "/autograder/new", "/dev/shm/new", "/tmp/new"):
        try:
            open(place, "w").close()
            print("wrote", place)
        except OSError as error:
            print(type(error).__name__, place)
    for path in ("memory/memory.limit_in_bytes", "memory.max"):
        if os.path.exists("/sys/fs/cgroup/" + path):
            print(open("/sys/fs/cgroup/" + path).read().strip())
    """
    import textwrap

    trial = Container(home.identity, {}, [])
    with trial.started(["python3", "-c", textwrap.dedent(script)]) as stream:
        lines = b"".join(stream.pieces(60)).decode().splitlines()
    held = {0, 1, 3, 5, 6, 7}  # CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID
    assert lines[0] == f"{sum(1 << bit for bit in held)} 1"
    assert lines[1] == "['lo']"
    assert [line for line in lines if line.startswith("wrote")] == ["wrote /tmp/new"]
    assert lines[-1] == str(768 << 20)


def test_a_worker_s_user_reads_nothing_that_is_secret(client, home, custom):
    script = "ls -R /autograder; find / -xdev -name '*hidden*' -readable -not -path '/proc/*'"
    for image in (home, custom):
        said = client.containers.run(
            image.identity,
            ["sh", "-c", f"{script} 2>/dev/null; true"],
            user="64000:64000",
            network_mode="none",
            remove=True,
        )
        found = [line for line in said.decode().splitlines() if "site-packages" not in line]
        assert not [line for line in found if "autograder" in line], found


def test_an_image_of_another_version_is_refused(client, home, grader, tmp_path):
    import shutil

    shutil.copytree(TOY, tmp_path / "course")
    with (tmp_path / "course/grader/hidden/toy/test_choice.py").open("a") as file:
        file.write("\n# Another test.\n")
    with pytest.raises(Problem, match="is of another version"):
        current(client, Course(tmp_path / "course"), TAG)
    grader.hand_in(good=SOLUTION)
    done = grader.grade("--isolation", "docker", "--image", "vmlab-grader:none")
    assert done.returncode == 2
    assert "There is no image vmlab-grader:none: make it with grader image build." in done.stderr
    assert not (grader.place / "reports").exists()


def start(grader, *arguments):
    return subprocess.Popen(
        grader.command("--isolation", "docker", "--image", TAG, *arguments),
        **grader.options(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def grading(client, process):
    """Wait for a container that grades, and return it."""
    while process.poll() is None:
        for container in running(client):
            if container.status == "running" and "grader.contained" in str(container.attrs):
                return container
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise AssertionError(process.communicate())


def test_ctrl_c_leaves_no_container(client, home, grader):
    grader.hand_in(a=SLOW, b=SLOW)
    process = start(grader, "--jobs", "2")
    grading(client, process)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopped: 0 of 2 submissions were graded" in err
    assert "Traceback" not in err
    assert running(client) == []


def test_a_killed_grader_s_containers_end_and_are_swept(client, home, grader):
    grader.hand_in(a=SLOW)
    process = start(grader)
    container = grading(client, process)
    process.kill()
    process.communicate()
    # With the grader goes the container's standard input, and with that all that runs in it.
    assert container.wait(timeout=60)["StatusCode"] != 0
    with owner() as labels:
        mine = client.containers.create(home.identity, ["true"], labels=labels)
        try:
            assert sweep(client) >= 1
            assert [each.id for each in running(client)] == [mine.id]
        finally:
            mine.remove()
    assert running(client) == []


def test_a_killed_container_costs_no_points(client, home, grader):
    grader.hand_in(a=SLOW, b=SOLUTION)
    process = start(grader, "--jobs", "1")
    grading(client, process).kill()
    _, err = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "INTERNAL ERROR of the grader" in err
    results = grader.results("reports/toy")
    assert '"score"' not in results["a"].split('"tests"')[0]
    assert '"score": 10.0' in results["b"]
    assert running(client) == []


def test_the_time_that_a_container_takes(home, unit, tmp_path):
    """Not a benchmark; but no container may take many seconds more than a process."""
    from grader.isolation import for_our_own
    from grader.run import collect, grade_submission

    (tmp_path / "traps.py").write_text(SOLUTION)
    tests = collect(unit)
    took = {}
    with choose("docker", unit, image=TAG) as (container, _):
        for name, isolation in (("process", for_our_own(unit.course)), ("docker", container)):
            begin = time.monotonic()
            assert grade_submission(unit, tmp_path, tests, isolation=isolation).score == 10
            took[name] = time.monotonic() - begin
    assert took["docker"] - took["process"] < 15
