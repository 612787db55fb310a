"""Accesses to devices, and to where nothing is (V4, V5)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

from grader.hidden.vmm.kernels import LOOKS, NUMBERED, PAGING, kernel, short, transcript

ONCE = """
main:   li      s0, UART
        li      s3, 8
1:      lbu     t0, 5(s0)               # wait for all that is typed
        andi    t0, t0, 1
        beqz    t0, 1b
        lbu     a0, 0(s0)               # each read takes one byte out
        call    puthex
        lb      s0, 0(s0)               # base and destination in one
        mv      a0, s0
        li      s0, UART
        call    puthex
        lb      zero, 0(s0)
        addi    s3, s3, -1
        bnez    s3, 1b
        call    newline

        li      s0, PLIC                # priority, enabled, and a level that stays
        li      t0, 1
        sw      t0, 40(s0)
        li      s1, PLIC + 0x2000
        li      t0, 1 << 10
        sw      t0, 0(s1)
        li      s2, UART
        li      t0, 2                   # the transmitter is ready
        sb      t0, 1(s2)
        li      s4, PLIC + 0x200004
        lbu     a0, 5(s2)
        call    puthex
        lw      a0, 0(s4)               # a claim takes the interrupt away
        call    puthex
        lw      a0, 0(s4)
        call    puthex
        li      t0, 10
        sw      t0, 0(s4)
        lw      a0, 0(s4)
        call    puthex
        call    newline
        call    finish
"""
FORMS = """
        .equ    SCR, 7
main:   li      s0, UART
        li      s1, UART + 4            # compressed forms, with what they reach
        li      a5, PLIC + 4
        li      a4, 5
        c.sw    a4, 0(a5)
        c.lw    a3, 0(a5)
        mv      a0, a3
        call    puthex
        li      a5, MTIMECMP
        li      a4, -2
        c.sd    a4, 0(a5)
        c.ld    a3, 0(a5)
        mv      a0, a3
        call    puthex
        lw      a0, 0(a5)
        call    puthex
        lwu     a0, 0(a5)
        call    puthex
        lw      a0, 4(a5)
        call    puthex
        lwu     zero, 0(a5)
        ld      x0, 0(a5)
        mv      a0, zero
        call    puthex
        lw      a5, 0(a5)               # what it is based on
        mv      a0, a5
        call    puthex
        li      t0, -128
        sb      t0, SCR(s0)
        lb      a0, SCR(s0)
        call    puthex
        lbu     a0, SCR(s0)
        call    puthex
        sb      s0, SCR(s0)
        lbu     sp, SCR(s0)
        mv      a0, sp
        la      sp, stack
        call    puthex
        li      t1, MTIMECMP
        sw      zero, 4(t1)
        ld      a0, 0(t1)
        call    puthex
        call    newline
        j       2f
        .balign 4096
        .zero   4096 - 6
2:      c.nop
        c.nop
        sb      a4, SCR(s0)             # 2 bytes on one page, 2 on the next
        lbu     a0, SCR(s0)
        call    puthex
        call    newline
        call    finish
"""
MAPPED = f"""
main:   la      a0, on_trap
        call    catch
        li      s11, 0
        csrw    medeleg, zero
        csrw    mideleg, zero
        la      t0, leaves
        li      t1, UART >> 2 | 0xc7
        sd      t1, 8(t0)
        li      t1, UART >> 2 | 0xc3    # read only
        sd      t1, 16(t0)
        li      t1, 0x90000000 >> 2 | 0xcf
        sd      t1, 24(t0)
        li      t1, (0x90000000 + 4096) >> 2 | 0xcf
        sd      t1, 32(t0)
        li      t1, (RAM + 50 * 4096) >> 2 | 0xcf
        sd      t1, 40(t0)              # RAM, and behind it a device
        li      t1, MSIP >> 2 | 0xc7
        sd      t1, 48(t0)
        la      a0, supervisor
        j       paging
supervisor:
        li      s0, WINDOW + 0x1000
        li      t0, 'x'
        sb      t0, 0(s0)               # at another address than the device's own
        sb      t0, 7(s0)
        lbu     a0, 7(s0)
        call    puthex
        li      s1, WINDOW + 0x2000
        lbu     a0, 7(s1)
        call    puthex
        sb      t0, 0(s1)               # a page fault: the guest's own tables say so
        li      s2, WINDOW + 0x3000
        lbu     a0, 5(s2)               # access faults, told with virtual addresses
        sd      a0, 8(s2)
        lw      a0, 0x7fc(s2)
        la      s11, back
        jr      s2
back:   la      s11, back2
        jr      s0                      # no code in devices
back2:  amoadd.w a0, a1, (s0)
        lr.w    a0, (s2)
        lhu     a0, 0(s0)
        sd      a0, 0(s0)
        call    newline
        li      s3, WINDOW + 0x6000
        li      t0, 0x0101010101010101
        sw      t0, -2(s3)              # the second half would be an aligned access
        sd      t0, -4(s3)
        lw      a0, -2(s3)
        ld      a0, -4(s3)
        lw      a0, 0(s3)
        call    puthex
        ld      a0, -8(s3)
        call    puthex
        call    newline
        call    finish
{LOOKS}
{PAGING}
"""
NOWHERE = f"""
main:   la      a0, on_trap
        call    catch
        li      s11, 0
        li      s0, 0x20000000
        li      s1, RAM + PAGES * 4096
        li      s2, 0x90000000
        lb      a0, 0(s0)
        lhu     a0, 2(s0)
        lw      a0, 4(s0)
        ld      a0, 8(s0)
        sb      a0, 1(s0)
        sh      a0, 2(s0)
        sw      a0, 4(s0)
        sd      a0, 8(s0)
        ld      zero, 0(s1)             # just behind RAM
        sd      zero, 0(s1)
        sd      s0, -8(s1)              # and the last of it
        ld      a0, -8(s1)
        call    puthex
        lb      a0, 0(zero)
        li      t0, -1
        slli    t0, t0, 3
        ld      a0, 0(t0)
        amoswap.w a0, a1, (s2)
        amomax.d a0, a1, (s2)
        lr.d    a0, (s2)
        la      s11, 1f
        jr      s2
1:      li      t0, UART + 0x100
        sb      t0, 0(t0)
        lb      a0, 0(t0)
        li      t0, MTIMECMP
        sb      t0, 0(t0)
        lhu     a0, 0(t0)
        li      t0, PLIC
        ld      a0, 0(t0)
        sh      a0, 0(t0)
        li      t0, UART
        lw      a0, 0(t0)
        call    newline
        call    finish
{LOOKS}
"""


@clause("V4")
@weight(1)
@number("4.3")
def test_all_forms(bench, given):
    """Loads and stores of all widths, signs and lengths do on a device what they are to do."""
    bench.start().equals(given("traps"), kernel("mmio")).prints(transcript("mmio"))


@clause("V4")
@weight(1)
@number("4.4")
def test_more_forms(bench, given):
    """Compressed ones, x0, base and destination in one register, and code across two pages."""
    bench.start().equals(given("traps"), short(FORMS))


@clause("V4")
@weight(1)
@number("4.5")
def test_once(bench, given):
    """A load that takes something out of a device does so exactly once."""
    typed = bytes(range(0x6E, 0x6E + 24))
    bench.start().equals(given("traps"), short(ONCE), typed=typed)


@clause("V5")
@weight(1)
@number("5.2")
def test_what_the_board_leaves_open(bench, given):
    """Widths that a device does not know, atomics, and addresses that nothing has, are refused."""
    guest = bench.start().equals(given("traps"), kernel("unpinned"), disk=NUMBERED)
    guest.prints(transcript("unpinned"))


@clause("V5")
@weight(1)
@number("5.3")
def test_nowhere(bench, given):
    """Where nothing is, an access fault of the kind of the access tells its address."""
    bench.start().equals(given("traps"), short(NOWHERE))


@clause("V5")
@weight(1)
@number("5.4")
def test_mapped(bench, given):
    """Through page tables a device is where they say, and faults tell virtual addresses."""
    bench.start().equals(given("traps"), short(MAPPED))
