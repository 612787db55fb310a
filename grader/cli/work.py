"""One assignment's share of what `grader grade` was asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.batch import Batch, Interrupted
from grader.course import Unit
from grader.intake import Source
from grader.isolation import Isolation
from grader.problem import Problem
from grader.report import Report
from grader.run import collect


@dataclass
class Work:
    """Submissions of one assignment, and what came of them. What was graded is always kept."""

    unit: Unit
    sources: list[Source]
    passed_over: list[Path]
    """What lay among them and is none."""
    out: Path
    """The folder of the reports."""
    reports: list[Report] = field(default_factory=list)
    """In the order of `sources`."""
    started: bool = False
    interrupted: bool = False
    """Whether Ctrl-C ended it."""
    problem: Problem | None = None
    """What else ended it."""

    @property
    def ended_early(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.interrupted or self.problem is not None

    def run(self, isolation: Isolation, jobs: int, errors: Console) -> None:
        """Grade all, with a bar on a terminal, and a line for each elsewhere."""
        self.started = True
        jobs = min(jobs, len(self.sources))
        batch = Batch(self.unit, collect(self.unit), self.out, jobs, isolation=isolation)
        try:
            with _progress(errors) as progress:
                task = progress.add_task(self.unit.settings.title, total=len(self.sources))

                def advance(report: Report) -> None:
                    progress.advance(task)
                    if not errors.is_terminal:
                        done = f"{progress.tasks[task].completed:.0f} of {len(self.sources)}"
                        errors.print(f"{done}: {report.submission}", markup=False, soft_wrap=True)

                batch.grade(self.sources, advance)
        except (Interrupted, KeyboardInterrupt):  # the second, if someone is impatient
            self.interrupted = True
        except Problem as trouble:
            self.problem = trouble
        order = {source.name: index for index, source in enumerate(self.sources)}
        self.reports = sorted(batch.done, key=lambda report: order[report.submission])


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Redrawn lines are noise in a log.
        disable=not console.is_terminal,
    )
