from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from vmlab.link.interface import Interface

from grader import walls
from grader.zygote import Limits, Worker, Zygote

HERE = Path(__file__).parent
LIMITS = Limits(cpu_seconds=10, wall_seconds=60, memory_mib=64, calls=200, output_bytes=1000)

Start = Callable[..., Worker]
Zygotes = Callable[..., Zygote]


def pytest_ignore_collect() -> bool | None:
    return True if sys.platform != "linux" else None


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("toy", HERE / "toy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def zygotes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygotes]:
    """A zygote for a submission's text, started once for each text, limits and policy."""
    running: dict[Any, Zygote] = {}
    with ExitStack() as stack:

        def zygote(
            source: str = "",
            limits: Limits = LIMITS,
            without: tuple[str, ...] = (),
            given: tuple[Path, ...] = (),
        ) -> Zygote:
            key = (source, limits, without, given)
            if key not in running:
                folder = tmp_path_factory.mktemp("submission")
                if source:
                    (folder / "villain.py").write_text(source)
                else:
                    shutil.copytree(HERE / "villain", folder, dirs_exist_ok=True)
                running[key] = stack.enter_context(
                    Zygote(
                        folder,
                        "villain",
                        limits,
                        walls.policy(without),
                        interface=HERE / "toy.py",
                        given=given,
                    )
                )
            return running[key]

        yield zygote


@pytest.fixture
def worker(zygotes: Zygotes) -> Iterator[Start]:
    """Start a worker; it ends with the test."""
    with ExitStack() as stack:

        def start(ram: int | None = None, **kwargs: Any) -> Worker:
            return stack.enter_context(zygotes(**kwargs).worker(ram))

        yield start


@pytest.fixture
def part(worker: Start, toy: ModuleType) -> Callable[..., Any]:
    """Start a worker and return its part."""

    def start(**kwargs: Any) -> Any:
        return worker(**kwargs).link(Interface.of(toy.Part))

    return start
