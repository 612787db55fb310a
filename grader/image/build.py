"""Build the grading image, push it, and tell which one there is."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from grader.course import Course, Unit
from grader.image.contents import build_context, contents, digest, digest_of
from grader.problem import Problem

if TYPE_CHECKING:
    from docker import DockerClient

HOME_BASE = "python:3.12-slim-bookworm"
GRADESCOPE_BASE = "gradescope/autograder-base:ubuntu-22.04"
TAG = "vmlab-grader:latest"
VERSION_LABEL, TESTS_LABEL = "vmlab.version", "vmlab.tests"
ASSIGNMENT_LABEL = "vmlab.assignment"


@dataclass(frozen=True)
class Image:
    """An image that the engine has."""

    identity: str
    tags: list[str]
    size: int
    """Bytes, with its base."""
    version: str
    tests: str
    """The digest of all that grades in it."""
    assignment: str
    """What it grades on Gradescope; empty if it is not for Gradescope."""


def build(
    client: DockerClient,
    course: Course,
    unit: Unit | None = None,
    *,
    base: str | None = None,
    tag: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Image:
    """Build the image to grade at home, or with a `unit` the one for Gradescope.

    Raises:
        Problem: it could not be built; the message ends with what the engine said last.
    """
    files = contents(course, unit)
    base = base or (HOME_BASE if unit is None else GRADESCOPE_BASE)
    tag = tag or (TAG if unit is None else f"vmlab-{unit.name}:gradescope")
    arguments = {
        "BASE": base,
        "ASSIGNMENT": "" if unit is None else unit.name,
        "VERSION": _version(),
        "TESTS": digest(files),
    }
    said: list[str] = []
    try:
        # The SDK speaks to the classic builder, which every engine has.
        lines = client.api.build(
            fileobj=io.BytesIO(build_context(files)),
            custom_context=True,
            tag=tag,
            buildargs=arguments,
            rm=True,
            forcerm=True,
            decode=True,
        )
        for line in lines:
            if "error" in line:
                raise Problem(_failed(base, str(line["error"]), said))
            if text := str(line.get("stream", "")).strip():
                said.append(text)
                say(text)
    except Problem:
        raise
    except Exception as error:
        raise Problem(_failed(base, str(error), said)) from None
    return find(client, tag)


def _failed(base: str, error: str, said: list[str]) -> str:
    tail = " ".join(" ".join([*said[-3:], error]).split())[-600:]
    advice = ""
    if any(word in tail for word in ("registry", "pull access", "no such host", "timeout")):
        advice = f" Is there a network, and does the registry have {base}?"
    elif "no space left" in tail.lower():
        advice = " The engine's disk is full: docker system prune."
    return f"The image was not built.{advice} The engine said: {tail}"


def find(client: DockerClient, tag: str) -> Image:
    """Return the image with this tag. Raise Problem if there is none."""
    from docker.errors import ImageNotFound

    try:
        found = client.images.get(tag)
    except ImageNotFound:
        raise Problem(f"There is no image {tag}: make it with grader image build.") from None
    labels = found.labels
    return Image(
        identity=str(found.id).removeprefix("sha256:"),
        tags=list(found.tags),
        size=int(found.attrs["Size"]),
        version=labels.get(VERSION_LABEL, "unknown"),
        tests=labels.get(TESTS_LABEL, "unknown"),
        assignment=labels.get(ASSIGNMENT_LABEL, ""),
    )


def current(client: DockerClient, course: Course, tag: str) -> Image:
    """Return the image to grade with. Raise Problem if it is missing or grades otherwise."""
    image = find(client, tag)
    wanted = digest_of(course)
    if image.tests != wanted:
        raise Problem(
            f"The image {tag} is of another version ({image.version}, tests {image.tests}) than "
            f"this course ({_version()}, tests {wanted}): make it anew with grader image build."
        )
    return image


def push(client: DockerClient, tag: str, to: str) -> str:
    """Send an image to a registry under the name `to`; return its digest there. Raise Problem."""
    find(client, tag)
    name, _, label = to.rpartition(":") if ":" in to.rpartition("/")[2] else (to, "", "latest")
    client.api.tag(tag, name, label, force=True)
    there = ""
    try:
        for line in client.api.push(name, tag=label, stream=True, decode=True):
            if "error" in line:
                raise Problem(_not_pushed(to, str(line["error"])))
            there = line.get("aux", {}).get("Digest", there)
    except Problem:
        raise
    except Exception as error:
        raise Problem(_not_pushed(to, str(error))) from None
    return str(there)


def _not_pushed(to: str, said: str) -> str:
    return (
        f"{to} was not pushed; is the registry there, and did you docker login? "
        f"It said: {' '.join(said.split())[:300]}"
    )


def _version() -> str:
    try:
        return version("vmlab")
    except PackageNotFoundError:
        return "unknown"


def described(image: Image) -> dict[str, Any]:
    """Return an image's facts as JSON has them."""
    facts: dict[str, Any] = json.loads(json.dumps(image.__dict__))
    return facts
