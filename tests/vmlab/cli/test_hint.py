"""`vmlab hint` shows one tier more each time it is asked for one."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "shown", "kept"),
    [
        (["t1"], ["the concept", "More: vmlab hint T1 --tier 2"], ["the rule", "the place"]),
        (["T1", "--tier", "2"], ["the concept", "the rule", "--tier 3"], ["the place"]),
        (["T1", "--tier", "3"], ["the concept", "the rule", "the place"], ["More:"]),
    ],
)
def test_tiers(toy, tmp_path, monkeypatch, vmlab, arguments, shown, kept):
    monkeypatch.chdir(toy.make(tmp_path / "f"))
    status, out, _ = vmlab("hint", *arguments)
    assert status == 0
    assert all(text in out for text in shown)
    assert not any(text in out for text in kept)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["T2"], "vmlab: there is no hint for T2\n"),
        (["T9"], "vmlab: no clause T9 here; the clauses are T1, T2, T3\n"),
    ],
)
def test_wrong_use(toy, tmp_path, monkeypatch, vmlab, arguments, sentence):
    monkeypatch.chdir(toy.make(tmp_path / "f"))
    assert vmlab("hint", *arguments) == (2, "", sentence)
