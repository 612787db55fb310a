"""Submissions as they come in: files, folders, zips and exports, none of which is trusted."""

from grader.intake.sources import Source, find_sources
from grader.intake.take import Taken, take

__all__ = ["Source", "Taken", "find_sources", "take"]
