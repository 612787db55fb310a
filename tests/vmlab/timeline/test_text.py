"""The timeline in a terminal, word for word, and never wider than the terminal."""

from dataclasses import replace

import pytest
from vmlab.timeline.record import Event, Timeline
from vmlab.timeline.text import lines

NARROW = """\
V13  Shares: test_two
  got        VM 1: 60 %
             VM 2: 20 %

Host time 0 to 2,500; a column is 50 ticks
                  0         500       1,000     1,500     2,000
VM 1 spin         ████████████████████          ██████████
  events          C                                       K
  host's timer                       1
  illegal instr.                                         1
  ecall, ebreak                                      1
  page fault       1
  injected                                           f
VM 2 ticks                            ██████████
  illegal instr.                               1
  page fault                               1
  injected                                     t
  console                                   2
host waits                                                ██████████
  ▁ to █: for how much of the column the VM ran. Digits: how often; + ten times
  or more, # a hundred. Injected: t timer, s software, e external interrupt, f
  exception.

VM 1 spin: 60.0 % of the host's time
  1,496 instructions native, 0 emulated (100.00 % native); 4 exits, 2.67 per
  1,000 instructions; 0 bytes printed
  exits              went on  emulated  injected      last       all
  host's timer             1         -         -         -         1
  illegal instr.           -         -         -         1         1
  ecall, ebreak            -         -         1         -         1
  page fault               1         -         -         -         1
  injected        1 ecall from U-mode
VM 2 ticks: 20.0 % of the host's time
  498 instructions native, 2 emulated (99.60 % native); 2 exits, 4.00 per 1,000
  instructions; 2 bytes printed
  exits              went on  emulated  injected      last       all
  illegal instr.           -         1         -         -         1
  page fault               -         1         -         -         1
  injected        1 STI
host waits: 20.0 % of its time

What happened
           0  VM 1: created: 16 pages
          99  VM 1: load page fault at 0x80012000 -> the guest goes on
         999  VM 1: host's timer -> the guest goes on
       1,299  VM 2: store page fault at 0x10000000 -> emulated
       1,499  VM 2: illegal instruction: wfi -> emulated, STI injected
       1,799  VM 1: ecall -> ecall from U-mode injected
       1,999  VM 1: illegal instruction: csrrw zero, satp, a0 -> not entered
              again
       2,000  the host waits till 2,500
       2,000  VM 1: killed: its handler traps itself"""


def shown(timeline, width):
    return ["".join(piece for piece, _ in line).rstrip() for line in lines(timeline, width)]


def test_word_for_word(timeline):
    assert "\n".join(shown(timeline, 80)) == NARROW


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_never_wider(timeline, width):
    timeline.names[2] = "a name that is far longer than its place"
    timeline.events += [Event(at, "word " * 60, 2) for at in range(0, 2500, 100)]
    timeline = replace(timeline, said=(("got", "word " * 60),))
    found = shown(timeline, width)
    assert max(map(len, found)) <= width
    assert any(line.startswith("VM 2 a name tha..") for line in found)


def test_many_in_one_column(timeline):
    for count, mark in ((9, "9"), (10, "+"), (99, "+"), (100, "#")):
        many = replace(timeline, entries=[timeline.entries[0]] * count, output=[], events=[])
        row = next(line for line in shown(many, 80) if line.startswith("  page fault"))
        assert row.split() == ["page", "fault", mark]


def test_how_much_of_a_column(timeline):
    runs = next(
        line for line in shown(timeline.between(500, 2500), 80) if line.startswith("VM 1 spin")
    )
    assert runs.split()[-1].startswith("█")
    alone = timeline.between(0, 100_000)
    runs = next(line for line in shown(alone, 80) if line.startswith("VM 1 spin"))
    assert runs.split()[-1] == "▆"


def test_what_is_bad_is_marked(timeline):
    styles = {piece: style for line in lines(timeline, 80) for piece, style in line}
    assert styles["VM 1: killed: its handler traps itself"] == "wrong"
    assert styles["VM 1: host's timer -> the guest goes on"] == "dim"
    assert styles["VM 2: illegal instruction: wfi -> emulated, STI injected"] == ""


def test_nothing_at_all():
    assert "Host time 0 to 0; a column is 1 tick" in shown(Timeline("empty"), 80)
