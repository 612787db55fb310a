"""Step 10: whatever a guest does, in whatever order, the invariants hold (S17).

The first test's sequences are the same on every host, so that it can be said which flawed pagers
fail them. The second's are hypothesis's: pinned, too, but only for one of its versions.
"""

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, seed, settings
from vmlab.testing import clause

from grader.hidden.shadow_paging.player import play, play_shortest
from grader.hidden.shadow_paging.sequences import SEQUENCES, pinned

SEEDS = [*range(30), 38, 40, 47, 49, 59, 88, 186, 241]
"""So chosen that they catch each flawed pager that such a sequence can."""


@clause("S17")
@weight(2)
@number("17.2")
def test_many_sequences(bench):
    """Accesses, stores to tables, fences, switches and lost frames, in many orders."""
    for number_ in SEEDS:
        play_shortest(bench, pinned(number_))


@clause("S17")
@weight(1)
@number("17.3")
@seed(17)
@settings(max_examples=8)
@given(operations=SEQUENCES)
def test_any_sequence(bench, operations):
    """The same kinds of operations, in orders that are made simpler where one fails."""
    play(bench, operations)
