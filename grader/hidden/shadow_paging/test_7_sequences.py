"""Step 10: whatever a guest does, in whatever order, the invariants hold (S17)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

from grader.hidden.shadow_paging.sequences import PAGES, Guest, sequence

SEEDS = range(24)


@clause("S17")
@weight(3)
@number("17.2")
def test_any_sequence(bench):
    """Accesses, stores to tables, fences, switches and lost frames, in any order."""
    for seed in SEEDS:
        guest = Guest(bench.vm(pages=PAGES))
        for operation in sequence(seed):
            guest.does(operation)
        guest.vm.check_isolated()
