from __future__ import annotations

import pytest
from vmlab.bench.disk_store import SparseFile, Store
from vmlab.checked_store import CheckedStore
from vmlab.image import Reason, Refused


def test_what_the_check_refuses_does_not_reach_the_store() -> None:
    below = Store()
    below.files["a"] = SparseFile(b"1234")

    def check(name: str, size: int) -> None:
        if size > 6:
            raise Refused(Reason.FAILED, f"{name}: no space")

    store = CheckedStore(lambda: below, check)
    assert store.lock("a", True)
    assert store.write("a", 4, b"56") == 2
    for refused in (lambda: store.write("a", 5, b"67"), lambda: store.resize("a", 7)):
        with pytest.raises(Refused, match="no space"):
            refused()  # type: ignore[no-untyped-call]
    store.flush("a")
    store.unlock("a")
    assert (store.size("a"), store.read("a", 0, 9), below.flushes) == (6, b"123456", 1)
