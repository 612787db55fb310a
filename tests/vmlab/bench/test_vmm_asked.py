"""What a `vmm` part raises though no clause allows it is told as a wrong answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from vmlab.bench.vmm_asked import Asked
from vmlab.image import Reason, Refused
from vmlab.testing import Mismatch
from vmlab.trap import Exc, GuestFault, Trap
from vmlab.vm import VmRefused


def asked(error: Exception, *titles: str) -> Any:
    def fails(*_: Any) -> None:
        raise error

    guests = {number: SimpleNamespace(title=title) for number, title in enumerate(titles)}
    return Asked(SimpleNamespace(run=fails, create=fails), guests)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "name", "said"),
    [
        (GuestFault(Trap(Exc.LOAD_PAGE, address=0x1234)), "run", "GuestFault"),
        (VmRefused("VM a: no."), "run", "VmRefused was raised: VM a: no."),
        (Refused(Reason.FAILED, "a.img: no space"), "create", "a.img: no space"),
    ],
)
def test_it_is_a_mismatch(error, name, said):
    with pytest.raises(Mismatch) as caught:
        getattr(asked(error, "VM a (x.S)", "VM b"), name)(1)
    assert caught.value.scenario == f"{name}, with VM a (x.S), VM b"
    assert "an answer" in caught.value.expected
    assert said in caught.value.got


def test_a_refusal_is_an_answer():
    with pytest.raises(VmRefused):
        asked(VmRefused("VM a: no.")).create()


def test_a_crash_is_left_to_the_link():
    with pytest.raises(ZeroDivisionError):
        asked(ZeroDivisionError()).run()


def test_many_vms():
    with pytest.raises(Mismatch) as caught:
        asked(VmRefused("no"), *[f"VM {n}" for n in range(9)]).run()
    assert caught.value.scenario == "run, with VM 0, VM 1, VM 2, VM 3, VM 4 and 4 more"
