"""Property-based tests in grading: the same every time, and no more examples than needed.

Every example costs calls to a worker, and hypothesis by itself would try for minutes to make a
failing one smaller. Here the number of tries is bounded, by counting, so that repeated runs agree.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import HypothesisException
from vmlab.testing import Mismatch

from grader.outcome import PartEnded, TestEnded, outcome_of

MAX_TRIES = 150
"""Examples that are run after the first that failed."""
PROFILE = "grading"


def use_profile() -> None:
    """Make what grading needs the default of every `@given` test that is imported from now on."""
    settings.register_profile(
        PROFILE,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        # A worker serves all examples of its test; and how long data takes is for no clock to say.
        suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
    )
    settings.load_profile(PROFILE)
    _draw_no_constants_of_ours()


def _draw_no_constants_of_ours() -> None:
    """Keep hypothesis from drawing the constants that it finds in the sources of all our modules.

    Reading them takes a second a submission; and which modules are local depends on how all this
    was installed, on which nothing of a grade may depend.
    """
    with suppress(ImportError):  # older ones do not
        from hypothesis.internal.conjecture import providers

        if hasattr(providers, "_get_local_constants"):
            nothing = providers._local_constants
            providers._get_local_constants = lambda: nothing


class _Enough(TestEnded):
    """The smallest failing example found so far is small enough."""


class Examples:
    """What the examples of one property-based test did."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        """How the last failing example failed: hypothesis only ever tries smaller ones."""
        self._tries = 0

    @classmethod
    def of(cls, test: Any) -> Examples | None:
        """Watch the examples of `test` from now on; None if it is not property-based."""
        handle = getattr(test, "hypothesis", None)
        if handle is None:
            return None
        inner = getattr(handle.inner_test, "watched", handle.inner_test)
        examples = cls()

        @functools.wraps(inner)
        def watched(*arguments: Any, **named: Any) -> Any:
            return examples.run(inner, arguments, named)

        watched.watched = inner  # type: ignore[attr-defined]
        handle.inner_test = watched
        return examples

    def run(self, test: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Run one example."""
        if self.failure is not None:
            self._tries += 1
            if self._tries > MAX_TRIES:
                raise _Enough
        try:
            return test(*arguments, **named)
        except HypothesisException:
            raise
        except (Exception, PartEnded) as error:
            self._keep(error)
            if not isinstance(error, Mismatch):
                # Only a mismatch tells of its example, so only there a smaller one reads better.
                raise _Enough from None
            raise

    def _keep(self, error: BaseException) -> None:
        # A smaller example that fails in another way says nothing about the first failure: a worker
        # that is gone, for instance, fails whatever it is asked.
        if self.failure is None or outcome_of(error).verdict is outcome_of(self.failure).verdict:
            self.failure = error

    def settle(self, error: BaseException | None) -> tuple[BaseException | None, bool]:
        """Return what the test ended with, and whether the part contradicted itself.

        `error` is what came out of hypothesis, which may be about hypothesis only.
        """
        if self.failure is None or error is None:
            return error, False
        flaky = isinstance(error, HypothesisException)
        return self.failure, flaky
