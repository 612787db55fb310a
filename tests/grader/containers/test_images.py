"""The images themselves: what they say of themselves, how large they are, what is left in them."""

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from grader.image.build import GRADESCOPE_BASE, HOME_BASE, find, push
from grader.problem import Problem

spec = importlib.util.spec_from_file_location("registry", Path(__file__).parent / "registry.py")
registry = importlib.util.module_from_spec(spec)
spec.loader.exec_module(registry)
ROOT = Path(__file__).parent.parent.parent.parent
TOY = Path(__file__).parent.parent / "toy_course"
ROOM = 450_000_000


def test_size_over_the_base(client, home, custom):
    for image, base in ((home, HOME_BASE), (custom, GRADESCOPE_BASE)):
        assert image.size - find(client, base).size < ROOM


def test_nothing_but_what_grades_is_left(client, home):
    script = "command -v gcc cc make git; qemu-img --version >/dev/null && echo qemu-img"
    script += "; ls /var/lib/apt/lists /autograder /autograder/source; find / -xdev -name '*.whl'"
    said = client.containers.run(home.identity, ["sh", "-c", script], remove=True).decode().split()
    # Gradescope's layout, which a base may have laid out already.
    listed = [word for word in said if "ensurepip" not in word and word != "submission"]
    assert listed == [
        *("qemu-img", "/autograder:", "results", "run_autograder", "source"),
        *("/autograder/source:", "assignments", "grader", "reference", "requirements.lock"),
        *("setup.sh", "/var/lib/apt/lists:"),
    ]


def shown(*arguments):
    code = "from grader.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code, "--course", str(TOY), "image", "show", *arguments],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_show(home, custom):
    status, out, _ = shown("--tag", home.tags[0])
    told = json.loads(out)
    assert (status, told["current"], told["tests"]) == (0, True, told["course"])
    status, out, _ = shown("--tag", custom.tags[0], "--gradescope", "toy")
    assert (status, json.loads(out)["assignment"]) == (0, "toy")
    assert shown("--tag", "vmlab-grader:none")[0] == 2


@pytest.fixture
def small(client):
    """An image of a few bytes: what is pushed is no matter."""
    dockerfile = b"FROM scratch\nLABEL vmlab.tests=none\nCOPY Dockerfile /\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as context:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        context.addfile(entry, io.BytesIO(dockerfile))
    buffer.seek(0)
    tag = "vmlab-grader:small"
    client.images.build(fileobj=buffer, custom_context=True, tag=tag, rm=True)
    yield tag
    client.images.remove(tag)


def test_push(client, small):
    with registry.registry() as (address, kept):
        to = f"{address}/course/vmlab:2"
        try:
            digest = push(client, small, to)
        finally:
            client.images.remove(to)
    manifest = json.loads(kept[digest])
    assert kept["2"] == kept[digest]
    assert manifest["config"]["digest"].partition(":")[2] == find(client, small).identity
    assert {layer["digest"] for layer in manifest["layers"]} <= set(kept)


def test_a_registry_that_refuses(client, small):
    with registry.registry(status=403) as (address, _):
        to = f"{address}/course/vmlab:2"
        with pytest.raises(Problem, match="did you docker login") as caught:
            push(client, small, to)
        client.images.remove(to)
    assert "\n" not in str(caught.value)


def test_a_registry_that_does_not_answer(client, home):
    with pytest.raises(Problem, match="was not pushed; is the registry there") as caught:
        push(client, home.tags[0], "127.0.0.1:9/nobody/vmlab:1")
    assert "\n" not in str(caught.value)
    client.images.remove("127.0.0.1:9/nobody/vmlab:1")


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_a_plain_docker_build(client, home, buildkit, tmp_path):
    """Without our command, by either builder; only the labels lack what nobody told them."""
    docker = shutil.which("docker", path="/usr/bin") or shutil.which("docker")
    if docker is None:
        pytest.skip("no docker on the path")
    done = subprocess.run(
        [docker, "build", "-q", "-t", "vmlab-grader:plain", "--label", f"by={buildkit}", str(ROOT)],
        env={**os.environ, "DOCKER_BUILDKIT": buildkit}, capture_output=True, text=True,
        timeout=800,
    )  # fmt: skip
    if buildkit == "1" and "buildx" in done.stderr:
        pytest.skip("this docker has no BuildKit")
    assert done.returncode == 0, done.stderr
    try:
        assert find(client, "vmlab-grader:plain").tests == "unknown"
    finally:
        client.images.remove("vmlab-grader:plain")
