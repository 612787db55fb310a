"""What the handout promises about the tests, in numbers."""

from vmlab.bench import disk, disk_store


def test_more_than_five_hundred_states_after_losses_of_power(
    unit, assignment, hidden_tests, monkeypatch
):
    counts = []

    def counted(store, most, seed):
        found = made(store, most, seed)
        counts.append(len(found))
        return found

    made = disk.crashes
    monkeypatch.setattr(disk, "crashes", counted)
    for test in hidden_tests:
        if test.function.__module__.endswith("test_7_crashes"):
            test.run(unit.course.solutions)
    assert sum(counts) > 500
    handout = (assignment / "README.md").read_text(encoding="utf-8")
    assert "more than five hundred states after losses of power" in handout


def test_the_bytes_that_a_test_may_write(assignment):
    handout = (assignment / "README.md").read_text(encoding="utf-8")
    assert f"may write\n{disk_store.SPACE >> 20} MiB" in handout
