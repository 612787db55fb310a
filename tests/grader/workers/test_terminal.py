from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ASK = "from grader.zygote import terminal; print(terminal.needs_session())"
SHOW = """
import os
from pathlib import Path
from grader import walls
from grader.zygote import Limits, Zygote
with Zygote(Path({folder!r}), "villain", Limits(), walls.policy(), interface=Path({toy!r})) as z:
    child = z._process.pid
    print(os.getsid(child) == os.getsid(0), os.getpgid(child) == os.getpgid(0))
"""

newer = pytest.mark.skipif(sys.version_info < (3, 11), reason="before 3.11 always in a session")


def run(source: str) -> str:
    """Run Python in a session of its own, which has no terminal."""
    return subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}"},
        capture_output=True,
        check=True,
        text=True,
        start_new_session=True,
    ).stdout.strip()


@newer
def test_without_a_terminal_no_session_is_needed() -> None:
    assert run(ASK) == "False"


def test_with_a_terminal_a_session_is_needed() -> None:
    master, terminal = os.openpty()
    try:
        # The first terminal that the leader of a session opens becomes its own.
        opened = f"import os; os.open({os.ttyname(terminal)!r}, os.O_RDWR)"
        assert run(f"{opened}; {ASK}") == "True"
    finally:
        os.close(master)
        os.close(terminal)


@newer
def test_a_zygote_shares_our_session_but_not_our_group(tmp_path: Path) -> None:
    (tmp_path / "villain.py").write_text("")
    toy = Path(__file__).parent / "toy.py"
    assert run(SHOW.format(folder=str(tmp_path), toy=str(toy))) == "True False"
