"""What many tests share: the complete part, our kernels, and a small student's folder."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import vmlab
from vmlab.asm import assemble
from vmlab.program import Program
from vmlab.testing.loading import load_part

KERNELS = Path(__file__).parent / "differential"
SOLUTIONS = Path(__file__).parents[2] / "reference" / "solutions"
MANIFEST = """\
title = "Trap handling"
part = "traps"
files = ["traps.py"]
[limits]
wall_seconds = 1
[clauses.T1]
title = "Destination"
rule = "norm:one"
[clauses.T2]
title = "State on entry"
[clauses.T3]
title = "Choice"
"""
HINTS = '[T1]\nconcept = "the concept"\nrule = "the rule"\nplace = "the place"\n'
HEAD = """\
from gradescope_utils.autograder_utils.decorators import number, partial_credit, weight
from vmlab.hart import HartState
from vmlab.testing import Mismatch, clause
"""
MISMATCH = '''
@clause("T1")
@weight(2)
@number("1.1")
def test_mismatch(part):
    """It goes where it must."""
    print("printed by the test")
    raise Mismatch("a scenario", "M-mode", "S-mode")
'''
GOOD = '''
@clause("T2")
@weight(2)
@number("2.1")
def test_good(part):
    """It wakes."""
    assert part.wakes(HartState(mie=2, mip=2))


@clause("T2")
@partial_credit(4)
@number("2.2")
def test_partial(part, set_score=None):
    """It wakes a little."""
    set_score(1.5)
'''
HOLE = '''
@clause("T3")
@weight(1)
@number("3.1")
def test_hole(part):
    """It chooses."""
    part.choose_interrupt(HartState())
'''
CRASH = '''
@clause("T3")
@weight(1)
@number("3.2")
def test_crash(part):
    """It allows wfi."""
    part.check_wfi(HartState())
'''
LOOP = '''
@clause("T3")
@weight(1)
@number("3.3")
def test_loop(part):
    """It ends."""
    part.check_sfence(HartState())
'''
PART = '''\
"""The part."""

COUNT = []


def wakes(hart):
    COUNT.append(1)
    return hart.mip & hart.mie != 0 and len(COUNT) == 1


def choose_interrupt(hart):
    raise NotImplementedError("T3: choice")


def check_wfi(hart):
    return {}[hart.mie]


def check_sfence(hart):
    while True:
        pass
'''


def make(folder: Path, *tests: str, part: str = PART) -> Path:
    """Write the folder with these tests in one file."""
    (folder / "tests").mkdir(parents=True)
    (folder / "assignment.toml").write_text(MANIFEST)
    (folder / "hints.toml").write_text(HINTS)
    (folder / "traps.py").write_text(part)
    (folder / "tests" / "conftest.py").write_text('pytest_plugins = ["vmlab.testing.plugin"]\n')
    (folder / "tests" / "test_toy.py").write_text(HEAD + "".join(tests))
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` in a folder, with this vmlab and a wide plain terminal."""
    home = str(Path(vmlab.__file__).resolve().parent.parent)
    env = {**os.environ, "PYTHONPATH": home, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}
    for name in ("PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    # Only the plugin that students have: others here cost a second each time.
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_timeout"}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="session")
def part():
    """Give the complete `traps` part."""
    return load_part(SOLUTIONS, "traps")


@pytest.fixture(scope="session")
def kernel_source():
    """Give the function that tells the assembly of one of our kernels."""

    def read(name: str) -> str:
        return "".join((KERNELS / f"{piece}.S").read_text() for piece in ("board", name, "lib"))

    return read


@pytest.fixture(scope="session")
def kernel(kernel_source):
    """Give the function that assembles one of our kernels."""

    def build(name: str) -> Program:
        return assemble(kernel_source(name), name=f"{name}.S")

    return build


@pytest.fixture
def toy():
    """Give tests this module: an import by path is all that importlib mode would leave."""
    return sys.modules[__name__]


@pytest.fixture(autouse=True)
def ctrl_c_raises():
    """Two would drop it: a shell, for what runs in the background, and a hook in the collector.

    Hypothesis hangs one there, and what is raised in such a hook becomes a warning.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hooks, gc.callbacks[:] = gc.callbacks[:], []
    yield
    gc.callbacks[:] = hooks
    signal.signal(signal.SIGINT, before)


EMPTY = {"meta", "br", "rect", "line"}


class Markup(HTMLParser):
    """A page: its tags and attributes; every tag that is opened must be closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.tags, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="session")
def markup():
    """Return what takes a page apart, and sees that it is well formed."""
    return Markup
