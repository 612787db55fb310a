import pytest
from vmlab.bench.state import bits, changed, differences, hart, view
from vmlab.hart import Mode
from vmlab.mstatus import MIE, MPP


def test_fields_of_mstatus_by_name():
    state = hart("S", MIE=1, MPP="U", SPP="S")
    assert state.mode is Mode.S
    assert state.mstatus == 0xA_0000_0000 | MIE | 1 << 8


def test_registers_and_csrs_by_name():
    state = hart(x5=7, medeleg=bits(3, 8), pc=0x1000)
    assert (state.x[5], state.medeleg, state.pc) == (7, 0x108, 0x1000)
    assert state.x[0] == 0


def test_unknown_names_are_refused():
    with pytest.raises(TypeError, match="no mtvect"):
        hart(mtvect=0)


def test_everything_left_over_differs():
    """So that a value in the wrong register, or one not written, shows."""
    state = hart()
    csrs = [state.mepc, state.mtval, state.mscratch, state.sepc, state.stval, state.sscratch]
    csrs += [state.mtvec, state.stvec, state.mcause, state.scause, state.pc]
    assert len({*csrs, *state.x}) == len(csrs) + 32


def test_states_do_not_share_registers():
    one = hart()
    other = changed(one, {"x1": 5})
    assert one.x[1] != 5
    assert differences(one, other) == {"x1": (one.x[1], 5)}


def test_a_view_takes_mstatus_apart():
    state = hart(TVM=1)
    state.mstatus |= 1 << 60
    fields = view(state)
    assert (fields["TVM"], fields["TW"]) == (1, 0)
    assert fields["mstatus (other bits)"] == 1 << 60 | 0xA_0000_0000
    assert "mstatus" not in fields
    assert differences(hart(TVM=1), state) == {
        "mstatus (other bits)": (0xA_0000_0000, 1 << 60 | 0xA_0000_0000)
    }


def test_only_some_fields():
    state = hart(pc=0, MPP="S")
    later = hart(pc=4, MPP="U")
    assert differences(state, later, ["pc"]) == {"pc": (0, 4)}
    assert set(differences(state, later)) == {"pc", "MPP"}
    assert state.mstatus & MPP
