"""Step 10: whatever a guest does, in whatever order, the invariants hold (S17)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from vmlab.testing import clause

from grader.hidden.shadow_paging.sequences import OPERATIONS, PAGES, Guest


@clause("S17")
@weight(3)
@number("17.2")
@settings(max_examples=25)
@given(operations=OPERATIONS)
def test_any_sequence(bench, operations):
    """Accesses, stores to tables, fences, switches and lost frames, in any order."""
    guest = Guest(bench.vm(pages=PAGES))
    for operation in operations:
        guest.does(operation)
    guest.vm.check_isolated()
