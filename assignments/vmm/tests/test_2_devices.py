"""Step 3: loads and stores that devices answer, or nobody (V4, V5)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import clause

GUESTS = Guests(Path(__file__).parent)


SIGNS = """
main:   li      s0, UART
        li      t0, 0x1a5
        sb      t0, 7(s0)               # the scratch register takes the low byte
        lb      a0, 7(s0)
        call    puthex
        lbu     a0, 7(s0)
        call    puthex
        lb      zero, 7(s0)
        mv      a0, zero
        call    puthex
        li      s0, MTIMECMP
        li      t0, 0x89abcdef76543210
        sd      t0, 0(s0)
        lw      a0, 4(s0)
        call    puthex
        lwu     a0, 4(s0)
        call    puthex
        ld      a0, 0(s0)
        call    puthex
        call    newline
        call    finish
"""
CLAIMS = """
main:   li      s0, PLIC
        li      t0, 1
        sw      t0, 4 * UART_IRQ(s0)    # a priority
        li      s1, PLIC + 0x2000
        li      t0, 1 << UART_IRQ
        sw      t0, 0(s1)               # enabled, for M-mode
        li      s1, UART
        li      t0, 2
        sb      t0, 1(s1)               # whenever the transmitter is empty
        li      s1, PLIC + 0x200004
        lw      s2, 0(s1)
        lw      s3, 0(s1)
        mv      a0, s2
        call    puthex
        mv      a0, s3
        call    puthex
        call    newline
        call    finish
"""
REFUSED = """
main:   la      a0, on_trap
        call    catch
        li      s0, 0x90000000          # nothing is there
        lw      t0, 0(s0)
        sw      t0, 4(s0)
        li      s0, UART
        lh      t0, 0(s0)               # this device knows bytes only
        li      s0, MTIMECMP
        amoadd.w t0, t0, (s0)           # and no device knows atomics
        call    newline
        call    finish
on_trap:
        addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
        call    puthex
        ld      a0, 16(sp)
        call    puthex
        ld      a0, 8(sp)
        addi    a0, a0, 4
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret
"""


@clause("V4")
@weight(2)
@number("4.1")
def test_widths_and_signs(bench):
    """A load extends the sign or zeros as its kind says, and leaves x0 alone."""
    bench.start()
    vm = bench.vm(GUESTS.lines(SIGNS))
    bench.run()
    vm.prints(" ffffffffffffffa5 a5 0 ffffffff89abcdef 89abcdef 89abcdef76543210\n")


@clause("V4")
@weight(1)
@number("4.2")
def test_once(bench):
    """What changes by being read is read once: of two claims at the PLIC the first gets it."""
    bench.start()
    vm = bench.vm(GUESTS.lines(CLAIMS))
    bench.run()
    vm.prints(" a 0\n")


@clause("V5")
@weight(1)
@number("5.1")
def test_refused(bench):
    """Where no device answers, the guest gets an access fault of that kind, with the address."""
    bench.start()
    vm = bench.vm(GUESTS.lines(REFUSED))
    bench.run()
    vm.prints(" 5 90000000 7 90000004 5 10000000 7 2004000\n")
