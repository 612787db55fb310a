PROPERTY = """\
@clause("T1")
@weight(2)
@number("1")
@settings(max_examples=200)
@given(n=st.integers(0, 10**6))
def test_it(part, reference, n):
    "It is the same for all."
    got, wanted = part.choose_interrupt(HartState(mip=n)), reference.choose_interrupt(HartState())
    if got != wanted:
        raise Mismatch(f"mip={n}", str(wanted), str(got))
"""
NONE = "def choose_interrupt(hart): return None"


def test_a_property_fails_with_its_smallest_example(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes("def choose_interrupt(hart): return 5 if hart.mip >= 4321 else None")
    assert outcome["test_it"].verdict == "failed"
    assert outcome["test_it"].scenario == "mip=4321"


def test_a_property_runs_the_same_every_time(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    part = "def choose_interrupt(hart): return 5 if hart.mip % 7 == 3 else None"
    assert toy.events(part) == toy.events(part)


def test_examples_do_not_depend_on_numbers_in_the_sources(toy):
    toy.tests(PROPERTY)
    toy.solution(f"NUMBERS = {[*range(765400, 765440)]}\n{NONE}")
    outcome = toy.outcomes(
        "def choose_interrupt(hart): return 5 if 765400 <= hart.mip < 765440 else None"
    )
    assert outcome["test_it"].verdict == "passed"


def test_shrinking_is_bounded_by_count(toy):
    toy.tests(
        PROPERTY.replace("n=st.integers(0, 10**6)", "n=st.lists(st.integers(0, 9**9), min_size=9)")
        .replace("mip=n)", "mip=sum(n) % 2**64)")
        .replace("mip={n}", "an example")
    )
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            with open(__file__ + ".calls", "w") as file:
                file.write(str(calls))
            return 5 if hart.mip * 2654435761 >> 16 & 7 == 3 and hart.mip > 9**8 else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert 150 < int((toy.root / "part.py.calls").read_text()) < 200


def test_only_a_mismatch_is_made_smaller(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            raise OutOfBudget("calls", calls)
        """
    )["test_it"]
    assert outcome.verdict == "out_of_budget"
    assert outcome.message.startswith("1 calls were not enough")


def test_a_part_that_contradicts_itself(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            return 5 if calls == 9 else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert outcome.got == "5"
    assert "answered differently" in outcome.message


def test_the_first_failure_of_a_property_is_the_verdict(toy):
    # A worker that is gone fails in its own way at every smaller example.
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        gone = False
        def choose_interrupt(hart):
            global gone
            if gone:
                raise PartExited("gone")
            gone = hart.mip > 0
            return 5 if gone else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert outcome.got == "5"


def test_impossible_data_is_our_fault(toy):
    toy.tests(PROPERTY.replace("st.integers(0, 10**6)", "st.integers().filter(lambda n: False)"))
    assert toy.outcomes(NONE)["test_it"].verdict == "internal_error"
