"""What time it is, and what interrupts (V6 to V9)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import Mismatch, clause
from vmlab.vm import State

from grader.hidden.vmm.kernels import kernel, short, transcript

LOOP = kernel("loop", 3)
STIMECMP = """
        .equ    STI, 1 << 5
main:   la      a0, on_trap
        call    catch
        li      t0, 1 << 63
        csrs    0x30a, t0               # menvcfg.STCE
        li      t0, STI
        csrw    mideleg, t0
        li      t0, 2
        csrw    mcounteren, t0
        la      t0, tick
        csrw    stvec, t0
        la      t0, supervisor
        csrw    mepc, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11
        csrs    mstatus, t0
        mret
supervisor:
        li      s0, 5
        li      t0, STI
        csrw    sie, t0
1:      rdtime  s1
        addi    s1, s1, 400
        csrw    0x14d, s1               # stimecmp
        csrr    s3, sip
        li      s2, 0
        csrsi   sstatus, 2
2:      addi    s2, s2, 1
        bgez    s2, 2b
        csrci   sstatus, 2
        mv      a0, s3
        call    puthex
        rdtime  s1                      # awaited, with interrupts masked
        addi    s1, s1, 700
        csrw    0x14d, s1
        wfi
        rdtime  a0
        sub     a0, a0, s1
        csrr    s3, sip
        call    puthex
        mv      a0, s3
        call    puthex
        li      t0, -1
        csrw    0x14d, t0
        csrr    a0, sip
        call    puthex
        addi    s0, s0, -1
        bnez    s0, 1b
        call    newline
        call    finish
        .balign 4
tick:   rdtime  t0
        sub     a0, t0, s1
        mv      s4, s2
        li      s2, -1
        slli    s2, s2, 40
        li      t0, -1
        csrw    0x14d, t0
        csrr    s5, scause
        call    puthex
        mv      a0, s4
        call    puthex
        mv      a0, s5
        call    puthex
        sret
on_trap:
        mv      a1, a0
        la      a0, bad
        call    putline
        call    fail
bad:    .asciz "unexpected"
"""
ASLEEP = """
main:   li      t0, 1 << 7
        csrw    mie, t0
        li      s0, WORD                # so many waits, each as many ticks
        mv      s1, s0
1:      li      t0, MTIME
        ld      t1, 0(t0)
        add     t1, t1, s1
        li      t0, MTIMECMP
        sd      t1, 0(t0)
        wfi
        addi    s2, s2, 1
        li      t0, 4
        bne     s2, t0, 1b
        la      a0, text
        mv      a1, s2
        call    putline
        call    finish
text:   .asciz "slept"
"""
FOREVER = """
main:   csrw    mie, zero
        la      a0, text
        call    puts
1:      wfi
        la      a0, woken
        call    puts
        j       1b
text:   .asciz "asleep\\n"
woken:  .asciz "woken\\n"
"""
READY = """
main:   li      t0, 1 << 3
        csrw    mie, t0
        li      s0, MSIP
        li      t1, 1
        sw      t1, 0(s0)
        wfi                             # does not wait, for something is pending
        csrr    a0, mip
        call    puthex
        sw      zero, 0(s0)
        csrr    a0, mip
        call    puthex
        call    newline
        call    finish
"""
ECHO = """
        .equ    MEI, 1 << 11
        .equ    CLAIM, PLIC + 0x200004
main:   la      a0, on_trap
        call    catch
        li      t0, PLIC
        li      t1, 3
        sw      t1, 4 * UART_IRQ(t0)
        li      t0, PLIC + 0x2000
        li      t1, 1 << UART_IRQ
        sw      t1, 0(t0)
        li      t0, UART
        li      t1, 1
        sb      t1, 1(t0)
        li      t0, MEI
        csrw    mie, t0
        li      s3, WORD
        li      a0, '>'
        call    putc
        csrsi   mstatus, 8
1:      wfi                             # or runs, if the handler comes first
        bnez    s3, 1b
        call    newline
        mv      a0, s4
        call    puthex
        call    finish
on_trap:
        mv      t3, ra
        mv      t4, a1
        li      t0, 1 << 63 | 11
        bne     a0, t0, bad
        li      t6, CLAIM
        lw      t5, 0(t6)
        li      t0, UART_IRQ
        bne     t5, t0, bad
        li      t0, UART
        lbu     a0, 0(t0)
        call    putc
        addi    s3, s3, -1
        li      t6, CLAIM
        sw      t5, 0(t6)
        addi    s4, s4, 1
        mv      a0, t4
        jr      t3
bad:    la      a0, text
        call    puts
        call    fail
text:   .asciz  "unexpected"
"""


@clause("V6")
@weight(1)
@number("6.2")
def test_what_time_it_is(bench, given):
    """Clocks and counters tell a guest exactly what they tell on the bare machine."""
    bench.start().equals(given("traps"), kernel("clock")).prints(transcript("clock"))


@clause("V6")
@weight(1)
@number("6.3")
def test_others_take_no_time(bench):
    """They tell the same if other VMs have had the processor in between."""
    bench.start(quantum=97)
    others = [bench.vm(LOOP), bench.vm(kernel("storm", 0))]
    guest = bench.vm(kernel("clock"), share=3)
    for _ in range(200):
        bench.run(500)
        if guest.status().state is State.OFF:
            break
    guest.prints(transcript("clock"))
    for other in others:
        other.ends(State.RUNNING)


@clause("V7")
@weight(1)
@number("7.2")
def test_ticks(bench):
    """Timers come when they are due, once, in a short quantum and beside others."""
    bench.start(quantum=313)
    guests = [bench.vm(kernel("timer")), bench.vm(LOOP)]
    bench.run(60_000)
    guests[0].prints(transcript("timer"))


@clause("V7")
@weight(1)
@number("7.3")
def test_the_supervisors_own_timer(bench, given):
    """The timer of S-mode is as exact, and a new `stimecmp` takes its request back."""
    bench.start().equals(given("traps"), short(STIMECMP))


def echoes(guest, text):
    """It has echoed all of it, and counted its interrupts."""
    guest.prints(f">{text}\n {len(text):x}")


@clause("V8")
@weight(1)
@number("8.2")
def test_input_wakes(bench):
    """Input interrupts its own VM only, one that waits as one that runs, and no byte is lost."""
    bench.start(quantum=500)
    first = bench.vm(short(ECHO, 10))
    second = bench.vm(short(ECHO, 4))
    loop = bench.vm(LOOP)
    first.types(b"abc", at=5_000)
    second.types(b"wxyz", at=9_000)
    first.types(b"defg", at=9_000)
    first.types(b"h", at=9_001)
    first.types(b"ij", at=30_000)
    bench.run(60_000)
    echoes(first, "abcdefghij")
    echoes(second, "wxyz")
    loop.ends(State.RUNNING)


@clause("V8")
@weight(1)
@number("8.3")
def test_nothing_but_input(bench):
    """While all wait, the host idles until something is typed, and loses no byte of it."""
    bench.start()
    guest = bench.vm(short(ECHO, 6))
    guest.types(b"1", at=100_000)
    guest.types(b"23", at=2_000_000)
    guest.types(b"456", prompt=b"23")
    bench.run(5_000_000)
    echoes(guest, "123456")
    spent(guest, 3_000)


def spent(guest, most):
    """It has used the processor no more than this."""
    if guest.bill.ticks > most:
        got = f"{guest.bill.ticks}"
        raise Mismatch(f"processor ticks of VM {guest.name}", f"at most {most}", got)


@clause("V9")
@weight(1)
@number("9.2")
def test_who_sleeps_pays_nothing(bench):
    """A VM in `wfi` leaves the processor to others at once, and is back when its timer strikes."""
    bench.start(quantum=1_000)
    sleeper = bench.vm(short(ASLEEP, 9_000))
    loop = bench.vm(LOOP)
    bench.run(60_000)
    sleeper.prints("slept 4\n")
    spent(sleeper, 1_000)
    if loop.bill.ticks < 58_000:
        raise Mismatch("a VM beside one that sleeps", "it has the rest", f"{loop.bill.ticks} ticks")


@clause("V9")
@weight(1)
@number("9.3")
def test_the_clock_jumps(bench):
    """If all VMs wait, the host's clock jumps to the first of their timers."""
    bench.start()
    guests = [bench.vm(short(ASLEEP, word)) for word in (1_000_000, 1_500_000, 77_000)]
    bench.run(320_000)
    guests[2].prints("slept 4\n")
    bench.run()
    now = bench.host.time()
    if not 6_000_000 <= now < 6_010_000:
        raise Mismatch("time when the last has woken", "6 million ticks and a few", str(now))
    for guest in guests:
        guest.prints("slept 4\n")
        spent(guest, 1_000)


@clause("V9")
@weight(1)
@number("9.4")
def test_forever(bench, given):
    """`run` comes back when none will ever wake; and who has something pending does not sleep."""
    bench.start()
    guests = [bench.vm(short(FOREVER)) for _ in range(2)]
    bench.run()
    for guest in guests:
        guest.ends(State.WAITING)
        if guest.console != "asleep\n":
            raise Mismatch("what it has sent", "'asleep\\n'", repr(guest.console))
        bench.destroy(guest)
    bench.equals(given("traps"), short(READY))
