"""The words of exits, and the log: equal neighbours are one line, and no event is left out."""

import pytest
from vmlab.hart import Mode
from vmlab.timeline.record import Entry, Event, Fate
from vmlab.timeline.words import Kind, cause_words, exit_words, kind, log
from vmlab.trap import INTERRUPT_BIT, Exc, Exit, Irq


@pytest.mark.parametrize(
    ("why", "of", "words"),
    [
        (Exit(Irq.MTI, True), Kind.TIMER, "host's timer"),
        (Exit(Irq.MEI, True), Kind.INPUT, "console input"),
        (Exit(Irq.SSI, True), Kind.OTHER, "host's interrupt 1 (SSI)"),
        (Exit(99, True), Kind.OTHER, "host's interrupt 99"),
        (Exit(Exc.ILLEGAL_INSTRUCTION), Kind.PRIVILEGED, "illegal instruction"),
        (
            Exit(Exc.ILLEGAL_INSTRUCTION, False, 0x1050_0073),
            Kind.PRIVILEGED,
            "illegal instruction: wfi",
        ),
        (Exit(Exc.ECALL_U), Kind.CALL, "ecall"),
        (Exit(Exc.BREAKPOINT), Kind.CALL, "ebreak"),
        (Exit(Exc.LOAD_PAGE, False, 0x1000), Kind.PAGE, "load page fault at 0x1000"),
        (Exit(Exc.STORE_ACCESS, False, 2), Kind.ACCESS, "store access fault at 0x2"),
        (Exit(Exc.LOAD_MISALIGNED), Kind.MISALIGNED, "load address misaligned at 0x0"),
        (Exit(10), Kind.OTHER, "code 10"),
    ],
)
def test_exits(why, of, words):
    assert (kind(why), exit_words(why)) == (of, words)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (INTERRUPT_BIT | 9, "SEI"),
        (INTERRUPT_BIT | 13, "interrupt 13"),
        (12, "instruction page fault"),
        (24, "exception 24"),
    ],
)
def test_injected(cause, words):
    assert cause_words(cause) == words


def test_log(timeline):
    found = [(line.at, line.vmid, line.words, line.became) for line in log(timeline)]
    assert found == [
        (0, 1, "created: 16 pages", ""),
        (99, 1, "load page fault at 0x80012000", "the guest goes on"),
        (999, 1, "host's timer", "the guest goes on"),
        (1299, 2, "store page fault at 0x10000000", "emulated"),
        (1499, 2, "illegal instruction: wfi", "emulated, STI injected"),
        (1799, 1, "ecall", "ecall from U-mode injected"),
        (1999, 1, "illegal instruction: csrrw zero, satp, a0", "not entered again"),
        (2000, None, "the host waits till 2,500", ""),
        (2000, 1, "killed: its handler traps itself", ""),
    ]


def faults(timeline, pages, **more):
    timeline.entries = [
        Entry(at, 1, Exit(Exc.LOAD_PAGE, False, page), 0, Mode.S, **more)
        for at, page in enumerate(pages)
    ]
    timeline.idles, timeline.events = [], []
    return [(line.words, line.times) for line in log(timeline)]


def test_equal_neighbours_are_one_line(timeline):
    pages = (0x1000, 0x2000, 0x2000)
    assert faults(timeline, pages, fate=Fate.SAME) == [("load page fault at 0x1000", 3)]
    assert faults(timeline, pages, fate=Fate.EMULATED) == [
        ("load page fault at 0x1000", 1),
        ("load page fault at 0x2000", 2),
    ]


def test_a_long_log_keeps_its_ends_and_the_events(timeline):
    timeline.entries = [
        Entry(at, 1 + at % 2, Exit(Exc.ECALL_U), fate=Fate.EMULATED) for at in range(100)
    ]
    timeline.idles, timeline.events = [], [Event(50, "killed", 2)]
    found = [line if isinstance(line, str) else line.words for line in log(timeline, 2, 3)]
    assert found == ["ecall", "ecall", "48 more", "killed", "47 more", "ecall", "ecall", "ecall"]
