"""The ladder of the handout: without its hard third, all clauses of the steps before pass."""

import pytest

from grader.splice import Overlay

EASY_QCOW2 = '''\
"""No snapshots, no order of writing, no look at hostile images."""

FAILS = {"D18", "D19", "D20"}


def check_header(image):
    return


def check_place(image, offset, length):
    return


def note_tables(image):
    return


def check_free(image, clusters):
    return


def check_data(image, entry):
    return


def read_snapshots(image):
    return []


def references(image, l1_offset, l1_size):
    raise NotImplementedError


def mark_copied(image, allowed):
    raise NotImplementedError


def keep_disk(image, name):
    raise NotImplementedError


def go_back(image, name):
    raise NotImplementedError


def forget(image, name):
    raise NotImplementedError
'''
EASY_DISK = '''\
"""The queue of a guest that keeps the rules."""

FAILS = {"D17"}


def ram(address, length):
    start = address - RAM_BASE
    return host.memory[start : start + length]


def follow(queue, head):
    table, index = queue.descriptors, head
    readable = []
    writable = []
    while True:
        entry = bytes(ram(table + DESCRIPTOR.size * index, DESCRIPTOR.size))
        address, length, flags, index = DESCRIPTOR.unpack(entry)
        if flags & INDIRECT:
            table, index = address, 0
            continue
        (writable if flags & WRITE else readable).append((address, length))
        if not flags & NEXT:
            return Chain(head, tuple(readable), tuple(writable))
'''
HARD = 7
"""The first step of the hard third."""


@pytest.fixture
def easy(solutions, clauses, tmp_path):
    for name, text in (("disk.py", EASY_DISK), ("qcow2.py", EASY_QCOW2)):
        source = Overlay.read(name, text, clauses).splice(solutions[name])
        (tmp_path / name).write_text(source, encoding="utf-8")
    return tmp_path


def test_the_first_steps_need_nothing_of_the_hard_third(easy, public_tests, hidden_tests, clauses):
    done = [t for t in (*public_tests, *hidden_tests) if clauses[t.clause].step < HARD]
    assert sum(test.weight for test in done) == 62
    for test in done:
        test.run(easy)
