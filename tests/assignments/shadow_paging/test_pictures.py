"""The pictures of the public tests: right pagers differ nowhere, flawed ones where they do."""

import pytest
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.shadow import Part
from vmlab.testing import Mismatch
from vmlab.testing.loading import load_part
from vmlab.view.film import Film
from vmlab.view.page import page
from vmlab.view.shadow import Bench
from vmlab.view.text import lines


@pytest.fixture
def draw(public_tests):
    """Return what runs a public test on a folder's pager, and gives the picture of its end."""

    def drawn(number, folder, file="shadow"):
        (test,) = (test for test in public_tests if test.number == number)
        film = Film()
        part = LocalLink(load_part(folder, file), Interface.of(Part))
        failed = False
        try:
            test.function(bench=Bench(part, film))
        except Mismatch:
            failed = True
        return film.picture(number, (), ask=True), failed

    return drawn


@pytest.mark.parametrize("which", ["solution", "alternative"])
def test_right_pagers_differ_nowhere_at_any_step(which, draw, public_tests, unit, root):
    paths = [unit.solution]
    if which == "alternative":
        paths = sorted((root / "tests" / "alternatives" / "shadow_paging").glob("*.py"))
    for path in paths:
        for test in (test for test in public_tests if test.wanted == ["bench"]):
            picture, failed = draw(test.number, path.parent, path.stem)
            assert not failed
            assert picture.differences == [], test.number
            assert [step for step in picture.steps if step.breaks] == [], test.number
            for width in (80, 120):
                shown = ["".join(p for p, _ in line).rstrip() for line in lines(picture, width)]
                assert max(map(len, shown)) <= width
                assert len(shown) < 110
            assert page(picture)


@pytest.mark.parametrize(
    ("name", "number", "invariant", "clause"),
    [
        ("bare_runs_bare", "1.1", "", "S1"),
        ("reserved_bits_ignored", "3.2", "I1", "S3"),
        ("user_uses_kernel_pages", "4.1", "I1", "S4"),
        ("mxr_allows_fetches", "4.2", "I1", "S4"),
        ("reflects_hidden_faults", "2.1", "I4", "S5"),
        ("swallows_true_faults", "6.2", "I4", "S3"),
        ("tables_outside_ram_page_fault", "5.1", "I4", "S5"),
        ("marked_before_checked", "6.2", "", "S6"),
        ("dirty_on_load", "6.1", "", "S6"),
        ("writable_at_first_read", "7.1", "I3", "S7"),
        ("superpage_low_bits_of_the_entry", "8.1", "I1", "S8"),
        ("fence_without_flush", "10.1", "I5", "S10"),
        ("table_write_keeps_the_shadow", "10.2", "I5", "S10"),
        ("tables_not_zeroed", "2.1", "I2", "S11"),
        ("guest_frames_taken_for_host_frames", "2.1", "I2", "S11"),
        ("kept_frame_in_other_shadows", "14.1", "I2", "S14"),
        ("taken_without_flush", "14.1", "I2", "S14"),
        ("taken_at_the_next_entry", "14.1", "I2", "S14"),
        ("given_frame_not_zeroed", "14.2", "I2", "S14"),
        ("frames_never_freed", "15.1", "", "S15"),
        ("marks_without_comparing", "16.1", "", "S16"),
    ],
)
def test_flawed_pagers_differ_where_they_are_flawed(name, number, invariant, clause, draw, flawed):
    picture, failed = draw(number, flawed(name))
    assert failed
    assert (invariant, clause) in {(d.invariant, d.clause) for d in picture.differences}
