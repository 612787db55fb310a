"""What tests of the grader share."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import Course, Unit

collect_ignore = ["toy_course"]
TOY = Path(__file__).parent / "toy_course"


@pytest.fixture
def unit() -> Unit:
    """The toy assignment."""
    return Course(TOY).unit("toy")
