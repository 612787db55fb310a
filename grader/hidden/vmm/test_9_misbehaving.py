"""VMs that cannot go on, and what others notice of it (V19); and the balloon (V20)."""

from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm import configuration
from vmlab.testing import Mismatch, clause
from vmlab.trap import Exit
from vmlab.vm import State, VmRefused

from grader.hidden.vmm.kernels import NUMBERED, kernel, short, transcript

LOOP = kernel("loop", 1)
TOUCHES = """
        .equ    FIRST, RAM + 32 * 4096
main:   li      a0, '>'
        call    putc
        li      s0, FIRST
        li      s1, RAM + PAGES * 4096
1:      ld      t0, 0(s0)               # zeros wherever it looks first
        bnez    t0, wrong
        sd      s0, 0(s0)
        li      t0, 4096
        add     s0, s0, t0
        bne     s0, s1, 1b
        li      s0, FIRST
2:      ld      t0, 0(s0)
        bne     t0, s0, wrong
        li      t0, 4096
        add     s0, s0, t0
        bne     s0, s1, 2b
        la      a0, right
        call    puts
        call    finish
wrong:  la      a0, bad
        call    puts
        call    finish
right:  .asciz "kept\\n"
bad:    .asciz "lost\\n"
"""
ACROSS = """
main:   li      s0, RAM + 40 * 4096     # two pages that one instruction needs
        li      t0, -1
        sd      t0, -4(s0)
        call    finish
"""
INTO_TAKEN = """
        .equ    FAR, RAM + 50 * 4096
main:   call    disk_start
        li      a0, READ                # into a page that has no frame
        li      a1, 1
        li      a2, FAR
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        li      a0, FAR
        ld      a0, 0(a0)
        call    puthex
        li      a0, WRITE               # and out of one
        li      a1, 2
        li      a2, FAR + 8192
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        call    newline
        call    finish
"""


@clause("V19")
@weight(1)
@number("19.3")
def test_bad_handlers(bench):
    """Whoever can do nothing but trap is killed, with a sentence; the others do not notice."""
    bench.start(quantum=500)
    bad = [bench.vm(kernel("badstvec", word), f"bad{word}", pages=48) for word in range(5)]
    good = bench.vm(kernel("processes", 0x99), pages=48)
    bench.run(60_000)
    for word, guest in enumerate(bad):
        guest.ends(State.KILLED)
        if guest.console != f"bad handler {word}\n":
            raise Mismatch("what it has sent", f"'bad handler {word}'", repr(guest.console))
    good.prints(transcript("processes").replace("5eed", "99"))
    if bench.ledger().accounts or bench.ledger().free != len(bench.resources.frames):
        raise Mismatch("the ledger when all have ended", "all frames are free", f"{bench.ledger()}")


@clause("V19")
@weight(1)
@number("19.4")
def test_exits_that_cannot_be(bench):
    """Any exit that no guest can cause ends the VM it came from, as lost, and no other."""
    exits = [Exit(cause) for cause in (1, 5, 7, 9, 10, 11, 14, 19, 63, 1 << 40)]
    exits += [Exit(cause, interrupt=True) for cause in (0, 1, 3, 5, 9, 13, 40)]
    bench.start(quantum=300)
    other = bench.vm(LOOP)
    for number_, exit in enumerate(exits):
        unlucky = bench.vm(LOOP, f"unlucky{number_}", pages=16)
        bench.run(2_000)
        bench.destroy(other)
        bench.host.strange = exit
        bench.run(700)
        unlucky.ends(State.LOST)
        other = bench.vm(LOOP, pages=16)
        bench.destroy(unlucky)
        bench.run(700)
        other.ends(State.RUNNING)
    bench.destroy(other)
    if bench.ledger().accounts or bench.ledger().free != len(bench.resources.frames):
        raise Mismatch("the ledger at last", "all frames are free", f"{bench.ledger()}")


@clause("V19")
@weight(1)
@number("19.5")
def test_what_is_no_reason(bench):
    """Odd is not ended: a flood, a storm and a guest that masks everything go on."""
    bench.start(quantum=500)
    names = ("storm", "flood", "loop")
    guests = [bench.vm(kernel(name, 0), name) for name in names]
    bench.run(4_000)
    for guest in guests:
        guest.ends(State.RUNNING)


@clause("V20")
@weight(1)
@number("20.2")
def test_taken_and_given(bench):
    """A guest does not notice that pages that hold nothing are taken, before or meanwhile."""
    bench.start(frames=300)
    guest = bench.vm(short(TOUCHES))
    other = bench.vm(short(TOUCHES))
    most = bench.balloon(guest, 30)
    if not 1 <= most <= 30:
        raise Mismatch("a balloon that leaves 30 frames of an empty VM", "at most 30", f"{most}")
    bench.balloon(guest, 64)
    bench.run(150)
    bench.balloon(guest, 48)
    bench.balloon(guest, 64)
    bench.run()
    guest.prints(">kept\n")
    other.prints(">kept\n")


@clause("V20")
@weight(1)
@number("20.3")
def test_what_holds_something(bench):
    """Pages that hold something stay; what is promised says so, and is in the ledger."""
    bench.start(frames=300)
    guest = bench.vm(short(TOUCHES))
    while guest.console == "":
        bench.run(20)
    bench.run(100)
    most = bench.balloon(guest, 0)
    [account] = bench.ledger().accounts
    if account.promised != most or account.memory > most or most < 8:
        got = f"{most} returned, {account}"
        raise Mismatch("a balloon that leaves nothing", "what it has used stays, as promised", got)
    bench.balloon(guest, 64)
    bench.run()
    guest.prints(">kept\n")


@clause("V20")
@weight(1)
@number("20.4")
def test_too_little(bench):
    """A guest that needs more than the balloon leaves it is ended, with a sentence, alone."""
    bench.start(frames=300)
    guest, other = bench.vm(short(TOUCHES), "greedy"), bench.vm(short(TOUCHES))
    bench.balloon(guest, 20)
    bench.run()
    guest.ends(State.KILLED)
    other.prints(">kept\n")
    bench.destroy(guest)
    if bench.ledger().accounts:
        raise Mismatch("the ledger at last", "no accounts", f"{bench.ledger()}")
    for more, state in ((1, State.KILLED), (2, State.OFF)):
        bench.start(frames=300)
        guest = bench.vm(short(ACROSS), "wide")
        bench.balloon(guest, bench.balloon(guest, 0) + more)
        bench.run(20_000)
        guest.ends(state)


@clause("V20")
@weight(1)
@number("20.5")
def test_devices_and_the_balloon(bench):
    """The disk finds zeros in pages that were taken, and gives them frames where it writes."""
    bench.start(frames=300)
    guest = bench.vm(short(INTO_TAKEN), disk=NUMBERED)
    bench.balloon(guest, 1)  # which is all that holds zeros
    bench.vm(kernel("memory", 0x5EED))
    bench.balloon(guest, 32)
    bench.run()
    guest.prints(" 0 202020202020202 0\n")
    expected = NUMBERED[:1024] + bytes(512) + NUMBERED[1536:]
    if guest.disk != expected:
        raise Mismatch("the disk after a sector of zeros", "zeros in sector 2", "something else")


@clause("V20")
@weight(1)
@number("20.6")
def test_taken_goes_to_others(bench):
    """What a balloon took can be promised to other VMs, and is then refused to the first."""
    bench.start(frames=200)
    guest = bench.vm(kernel("hello", 3))
    bench.balloon(guest, 10)
    others = []
    try:
        for vmid in range(2, 40):
            config = configuration(kernel("hello", vmid), f"vm{vmid}", vmid, pages=12)
            others.append(bench.create(config))
            bench.ledger()
    except VmRefused:
        pass
    before = bench.ledger()
    try:
        found = f"{bench.part.balloon(bench.host, guest.vmid, 64)} frames"
    except VmRefused:
        found = ""
    if found or bench.ledger() != before:
        raise Mismatch("a balloon let out where all is promised", "it is refused", found)
    bench.run()
    for each in (guest, *others):
        each.prints(f"hello from {each.vmid if each is not guest else 3:x}\n")


@clause("V20")
@weight(1)
@number("20.7")
def test_any_balloons(bench):
    """Balloons go up and down in any order: the ledger is right, and guests do not notice."""
    random = Random(20)
    bench.start(frames=420, quantum=300)
    guests = [bench.vm(kernel("memory", 0x5EED)) for _ in range(3)]
    for _ in range(20):
        guest = random.choice(guests)
        if guest.status().state is State.OFF:
            continue
        bench.balloon(guest, random.randrange(70))
        promised = bench.balloon(guest, 64)
        accounts = {account.vmid: account for account in bench.ledger().accounts}
        if accounts[guest.vmid].promised != promised:
            got = f"{accounts[guest.vmid]}"
            raise Mismatch(f"a balloon that said {promised}", "the ledger says so, too", got)
        bench.run(random.choice((50, 2_000)))
    bench.run()
    for guest in guests:
        guest.prints(transcript("memory"))
