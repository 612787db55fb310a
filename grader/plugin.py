"""The pytest plugin of a grading session: its fixtures, and exactly one verdict a test."""

from __future__ import annotations

import gc
import importlib
import signal
import time
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any, Literal, Protocol

import pytest
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.testing.loading import load_part

from grader import shrinking
from grader.authoring import Credit, describe, identify
from grader.course import Unit
from grader.events import Broken, Collected, Ended, Event, Started
from grader.outcome import GuardedPart, TimeUp, internal, outcome_of
from grader.problem import Problem
from grader.report import Outcome, TestInfo
from grader.verdict import Verdict

SLACK = 1.25
"""How much later than the worker's own limit the test's strikes: whose fault it was is known best
there, and here it is only asked when the machine's side does not end."""
REFIRE = 5.0
"""Seconds after which the backstop strikes again, if something swallowed the first stroke."""


SELDOM = 20_000, 10, 10
"""When garbage is collected. What a test leaves behind is little; a twelfth of the time went into
looking for it, since next to nothing is old once everything is frozen (CPython's `gc`)."""


SKIPPED_OVER = pytest.StashKey[bool]()


class Shortcuts:
    """What pytest itself would do for a test, but needs not."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Tell pytest that the test has been dealt with, if it was."""
        return True if item.stash.get(SKIPPED_OVER, False) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Report without a rendered traceback: nobody reads it, and it takes longer than a test."""
        assert call.when != "collect"  # those calls have a report of their own
        outcome: Literal["passed", "failed", "skipped"] = "passed"
        if call.excinfo is not None:
            skipped = isinstance(call.excinfo.value, pytest.skip.Exception)
            outcome = "skipped" if skipped else "failed"
        return pytest.TestReport(
            item.nodeid,
            item.location,
            keywords={},
            outcome=outcome,
            longrepr=None,
            when=call.when,
            duration=call.duration,
            start=call.start,
            stop=call.stop,
        )


class Worker(Protocol):
    """A process that holds the submission, for one test."""

    @property
    def output(self) -> str:
        """What the part printed so far."""

    def link(self, interface: Interface[Any]) -> Any:
        """Return the part, as an object whose methods are its functions."""


class Workers(Protocol):
    """Where workers come from."""

    def worker(self, ram: int | None = None) -> AbstractContextManager[Worker]:
        """Start a fresh one; `ram` is the descriptor of the memory that it shares, if any."""


class Run:
    """What is known of the test that is running."""

    def __init__(self, item: pytest.Item, info: TestInfo) -> None:
        self.credit = Credit(item, info.max_score)
        self.examples = shrinking.Examples.of(getattr(item, "function", None))
        self.error: BaseException | None = None
        self.called = False
        self.skipped = False
        self.output = ""

    def outcome(self) -> Outcome:
        """Return how the test ended. Every test that was started has an outcome."""
        error, flaky = self.error, False
        if self.examples is not None:
            error, flaky = self.examples.settle(error)
        if self.skipped:
            outcome = internal("the test was skipped, which a test in grading must not be")
        elif error is None and not self.called:
            outcome = internal("the test did not run")
        else:
            outcome = outcome_of(error, flaky)
        outcome = outcome.model_copy(update={"output": self.output})
        try:
            return self.credit.award(outcome)
        except (TypeError, ValueError) as wrong:
            return internal(str(wrong), wrong)


class GradingPlugin:
    """Hooks and fixtures for one submission."""

    def __init__(
        self,
        unit: Unit,
        workers: Workers | None,
        send: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
        seconds: float | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        self._unit = unit
        self._workers = workers
        self._send = send
        self._only = only
        self._clock = clock
        given: float = unit.settings.limits.submission_seconds
        given = given if seconds is None else min(given, seconds)
        self._end = clock() + given
        self._infos: dict[str, TestInfo] = {}
        self._run: Run | None = None
        self._parts: dict[str, Any] = {}
        """Those of the solutions that tests have asked for."""
        self._broken = False
        self._reason = ""
        self._used_up = f"the {given:g} seconds that a submission has for all tests were used up"
        protocol = importlib.import_module(f"vmlab.parts.{unit.settings.part}").Part
        self._interface: Interface[Any] = Interface.of(protocol)

    # Collection

    def pytest_configure(self) -> None:
        """Settle how property-based tests run, before any is imported."""
        shrinking.use_profile()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Tell of the tests that were found."""
        if self._broken:
            return  # some are not among the items; pytest itself runs none then
        try:
            tests = describe(items, self._unit)
        except Problem as problem:
            self._send(Broken(message=str(problem)))
            items.clear()
            return
        self._infos = {test.id: test for test in tests}
        self._send(Collected(tests=tests))
        if self._only is not None:
            items[:] = [item for item in items if identify(item, self._unit) in self._only]
        gc.freeze()  # what is loaded by now stays: no collection shall walk over it again
        gc.set_threshold(*SELDOM)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that cannot be imported."""
        if report.failed:
            self._broken = True
            self._send(
                Broken(
                    message=f"{report.nodeid or 'tests'} cannot be imported; correct it.",
                    traceback=str(report.longrepr),
                )
            )

    # Running

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Send one verdict for the test, whatever happens in it."""
        identifier = identify(item, self._unit)
        self._send(Started(id=identifier))
        limits = self._unit.settings.limits
        left = self._end - self._clock()
        if left <= 0:
            item.stash[SKIPPED_OVER] = True
            message = f"not run: {self._used_up} before it"
            outcome = Outcome(verdict=Verdict.TIMEOUT, message=message)
            result = yield
        else:
            seconds = min(SLACK * limits.wall_seconds, left)
            self._reason = f"the test did not end within {seconds:g} seconds"
            if seconds == left:
                self._reason = f"{self._used_up} during this one"
            # pytest-timeout reads the marker, and calls the two hooks below.
            item.add_marker(pytest.mark.timeout(seconds), append=False)
            self._run = Run(item, self._infos[identifier])
            result = yield
            outcome = self._run.outcome()
            self._run = None
        self._send(Ended(id=identifier, outcome=outcome))
        return result

    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        """Raise TimeUp in the test when its time is over.

        pytest-timeout's own way raises an exception that hypothesis takes for a failing example,
        and runs it again, without a timer.
        """
        reason = self._reason

        def strike(number: int, frame: FrameType | None) -> None:
            raise TimeUp(reason)

        signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, settings.timeout, REFIRE)
        return True

    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool:
        """Stop the timer of `pytest_timeout_set_timer`."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the first error of set-up, call and teardown; later ones follow from it."""
        run = self._run
        if run is not None:
            if call.when == "call":
                run.called = True
            if call.excinfo is not None and run.error is None:
                run.error = call.excinfo.value
        report = yield
        if run is not None and report.skipped:
            run.skipped = True
        return report

    # Fixtures

    @pytest.fixture
    def ram(self) -> Iterator[Any]:
        """RAM that the bench and the part share; None where the bench wants none."""
        size = getattr(self._bench_module(), "SHARED", 0)
        if not size:
            yield None
            return
        from vmlab.memory import Ram

        from grader.link import SharedMemory

        with SharedMemory(size) as memory:
            yield memory.descriptor, Ram(size, fd=memory.descriptor)

    @pytest.fixture
    def part(self, ram: Any) -> Iterator[Any]:
        """The submission's part, in a worker of its own."""
        assert self._workers is not None  # tests are only run with workers
        shared = {} if ram is None else {"ram": ram[0]}
        with self._workers.worker(**shared) as worker:
            try:
                yield GuardedPart(worker.link(self._interface))
            finally:
                if self._run is not None:
                    self._run.output = worker.output

    @pytest.fixture
    def bench(self, part: Any, ram: Any, given: Callable[[str], Any]) -> Any:
        """The part's test bench; it has earlier parts, too, if it has room for `given`."""
        bench = self._bench_module().Bench
        made = bench(part) if ram is None else bench(part, ram[1])
        if hasattr(made, "given"):
            made.given = given
        return made

    def _bench_module(self) -> Any:
        return importlib.import_module(f"vmlab.bench.{self._unit.settings.part}")

    @pytest.fixture
    def given(self) -> Callable[[str], Any]:
        """Returns an earlier part by name, complete, in this process."""
        return self._given

    def _given(self, name: str) -> Any:
        part = self._parts.get(name)
        if part is None:
            part = self._parts[name] = load_part(self._unit.solution.parent, name)
        return part

    @pytest.fixture
    def reference(self) -> Any:
        """The solution, in this process: an oracle that no submission comes near."""
        module = load_part(self._unit.solution.parent, self._unit.settings.part)
        return LocalLink(module, self._interface)
