"""Both ways to Gradescope, run as its documentation says, with its limits."""

import io
import json
import os
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader import attacks, walls
from grader.course import Course
from grader.gradescope.bundle import bundle
from grader.image.build import GRADESCOPE_BASE

TOY = Path(__file__).parent.parent / "toy_course"

lacking = walls.missing()
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}"),
]
SOLUTION = (TOY / "reference/solutions/traps.py").read_text()
METADATA = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {"total_points": "10.0", "due_date": "2018-07-31T23:00:00.000000-07:00"},
    "users": [{"email": "student@example.com", "id": 1234, "name": "Student User"}],
    "previous_submissions": [],
}
# What Gradescope does with a zip: its sample repository's manual_docker does the same by hand.
BY_ZIP = f"""\
FROM {GRADESCOPE_BASE}
ADD source /autograder/source
RUN cp /autograder/source/run_autograder /autograder/run_autograder \
 && chmod +x /autograder/run_autograder
RUN apt-get update -q && bash /autograder/source/setup.sh
"""


@pytest.fixture(scope="module")
def by_zip(client, custom, tmp_path_factory):
    """The image that Gradescope would make of the autograder.zip."""
    place = tmp_path_factory.mktemp("zip")
    bundle(Course(TOY).unit("toy"), place / "autograder.zip")
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(place / "autograder.zip") as archive,
        tarfile.open(fileobj=buffer, mode="w") as context,
    ):
        files = {f"source/{name}": archive.read(name) for name in archive.namelist()}
        for name, data in {"Dockerfile": BY_ZIP.encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644  # whatever the modes, it must work
            context.addfile(entry, io.BytesIO(data))
    buffer.seek(0)
    image, _ = client.images.build(
        fileobj=buffer, custom_context=True, tag="vmlab-toy:zip-tests", rm=True, forcerm=True
    )
    return image.id


def run(client, image, place, files, metadata=METADATA):
    """Run the image as the documentation says; return the results and what was printed."""
    for name in ("submission", "results"):
        (place / name).mkdir()
    for name, source in files.items():
        (place / "submission" / name).write_text(source)
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    (place / "submission_metadata.json").write_text(text)
    mounts = {
        str(place / name): {"bind": f"/autograder/{name}", "mode": "rw"}
        for name in ("submission", "results", "submission_metadata.json")
    }
    printed = client.containers.run(
        image,
        ["/autograder/run_autograder"],
        working_dir="/autograder",
        volumes=mounts,
        nano_cpus=500_000_000,
        mem_limit="768m",
        memswap_limit="768m",
        remove=True,
        stderr=True,
    )
    return (place / "results" / "results.json").read_text(), printed.decode()


CASES = attacks.attacks(Course(TOY).unit("toy"), TOY.parent.parent / "attacks")
TOLD = {
    *("descriptors", "exit", "io_uring", "network", "read_hidden_tests", "read_proc"),
    *("set_user_id", "thread", "trace_parent", "unix_socket", "walk_frames", "write_results"),
}
"""Attacks that must be told there. The filter of Gradescope's container refuses others before ours
hears of them: mount, bpf, namespaces, file handles, memory of other processes."""
CLASS = {
    "good": SOLUTION,
    "wrong": SOLUTION.replace("bool(", "not bool("),
    "syntax": "def wakes(hart)\n",
    "raises": "def wakes(hart): return {}[hart.mode]\ndef choose_interrupt(hart): return 1\n",
}


@pytest.mark.parametrize("way", ["custom", "by_zip"])
def test_the_same_grade_as_at_home(client, grader, custom, way, request, tmp_path):
    image = custom.identity if way == "custom" else request.getfixturevalue("by_zip")
    grader.hand_in(**CLASS)
    assert grader.grade("--isolation", "process", "--out", "home").returncode == 0
    home = grader.results("home")
    for name, source in CLASS.items():
        (tmp_path / f"gs-{name}").mkdir()
        text, printed = run(client, image, tmp_path / f"gs-{name}", {"traps.py": source})
        assert grader.timeless(text) == home[name]
        assert "Isolation: process; walls: " in printed
        assert "uid" in printed


def test_whatever_the_metadata(client, custom, tmp_path):
    for number, metadata in enumerate(["", "{", '{"users": 5, "created_at": []}']):
        place = tmp_path / str(number)
        place.mkdir()
        text, _ = run(client, custom.identity, place, {"traps.py": SOLUTION}, metadata)
        assert json.loads(text)["score"] == 10


@pytest.fixture(scope="module")
def struck(client, custom, tmp_path_factory):
    """Run the image on every attack that fits any assignment."""

    root = tmp_path_factory.mktemp("attacks")

    def strike(case):
        files = {name: data.decode() for name, data in case.files.items()}
        place = root / case.name
        place.mkdir()
        return case.name, run(client, custom.identity, place, files)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return dict(pool.map(strike, CASES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_attacks_gain_nothing(struck, case):
    text, printed = struck[case.name]
    given = json.loads(text)
    assert given["score"] == 0
    assert "INTERNAL ERROR" not in printed
    for secret in ("def test_choice_anywhere", "pending & -pending", "student@example.com"):
        assert secret not in text
    if case.name in TOLD:
        assert not case.tells or f"TAMPERING: the part tried to {case.tells}" in printed


def test_nothing_handed_in(client, custom, tmp_path):
    text, _ = run(client, custom.identity, tmp_path, {})
    assert json.loads(text)["score"] == 0
    assert "There is no file in this submission" in json.loads(text)["output"]


def test_it_is_for_one_assignment(custom):
    assert custom.assignment == "toy"
    assert custom.tests != "unknown"
