"""The same attacks for a grader that is not root: no uids, and mostly no bubblewrap."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = "65534"
HERE = Path(__file__).parent


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are without root already")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_attacks_fail_without_root_too(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    base = tmp_path / "nobody"
    base.mkdir()
    shutil.chown(base, int(NOBODY), int(NOBODY))
    done = subprocess.run(
        [
            *("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"),
            # Python itself may lie in root's home.
            *("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"),
            *(sys.executable, "-B", "-m", "pytest", "-qx", "-p", "no:cacheprovider"),
            *("--basetemp", str(base / "pytest"), "-k", "not forbidden_system_call"),
            *(str(HERE / "test_attacks.py"), str(HERE / "test_link.py")),
        ],
        cwd=HERE.parents[2],
        env={**os.environ, "HOME": str(base), "TMPDIR": str(base)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) > 100
