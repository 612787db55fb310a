"""The ladder of the handout: after each step, with what it says to write, its clauses pass."""

import ast
import re

import pytest

HARD = 8
"""The first step of the hard third."""
IN_TURN = '''\
"""VMs in turn, whatever their shares; none that cannot go on, none that shrinks."""

FAILS = {"V18"}


def next_vm():
    for vmid, vm in list(vmm.vms.items()):
        if vm.status.state is State.RUNNING:
            vmm.vms[vmid] = vmm.vms.pop(vmid)
            return vm
    return None
'''
PROVISIONAL = {
    "trapped": (9, "return"),
    "tell_pager": (2, "return"),
    "wait": (4, "return False"),
    "problem": (7, "return None"),
}
"""What the handout says to say at first, and until which step."""


@pytest.fixture(scope="module")
def holes(assignment):
    """Functions of the skeleton with a hole: their text, and the first step that names them."""
    text = (assignment / "vmm.py").read_text(encoding="utf-8")
    unwritten = {
        node.name: ast.get_source_segment(text, node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and "NotImplementedError" in ast.unparse(node)
    }
    handout = (assignment / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \| .* \| \d+ \|$", handout, re.MULTILINE)
    first = {}
    for step, names in reversed(rows):
        first.update(dict.fromkeys(re.findall(r"`(\w+)`", names), int(step)))
    return {name: (source, first.get(name)) for name, source in unwritten.items()}


def test_the_ladder_names_every_function(holes):
    assert [name for name, (_, step) in holes.items() if step is None] == []


@pytest.fixture(scope="module")
def unwritten(holes):
    """Return what gives the functions, as text, that are not written after a step."""

    def after(step):
        bodies = {name: source for name, (source, first) in holes.items() if step < first}
        for name, (until, body) in PROVISIONAL.items():
            if step < until:
                bodies[name] = f"def {name}(*args):\n    {body}\n"
        return "\n\n\n".join([IN_TURN, *bodies.values()])

    return after


def test_the_first_steps_need_nothing_of_the_hard_third(
    unwritten, hand_in, public_tests, hidden_tests, clauses
):
    folder = hand_in(unwritten(HARD - 1))
    done = [t for t in (*public_tests, *hidden_tests) if clauses[t.clause].step < HARD]
    assert sum(test.weight for test in done) == 69
    for test in done:
        test.run(folder)


@pytest.mark.parametrize("step", range(1, HARD - 1))
def test_each_step(step, unwritten, hand_in, clauses, public_tests):
    folder = hand_in(unwritten(step))
    for test in public_tests:
        if clauses[test.clause].step <= step:
            test.run(folder)
