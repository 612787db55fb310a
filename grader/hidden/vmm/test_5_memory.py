"""Page faults, and stores to page tables (V10)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

from grader.hidden.vmm.kernels import LOOKS, PAGING, kernel, short, transcript

LOOK = """sfence.vma
        ld      a0, 0(s0)
        call    puthex"""
TABLES = f"""
main:   la      a0, on_trap
        call    catch
        csrw    medeleg, zero
        csrw    mideleg, zero
        li      s11, 0
        la      t0, leaves
        la      t1, one
        srli    t1, t1, 2
        ori     s2, t1, 0xc7
        la      t1, two
        srli    t1, t1, 2
        ori     s3, t1, 0xc7
        sd      s2, 0(t0)
        sd      s3, 8(t0)
        la      a0, supervisor
        j       paging

supervisor:
        li      s0, WINDOW
        la      s1, leaves
        ld      a5, 0(s0)
        sd      s3, 0(s1)               # in one piece
        {LOOK}
        sw      s2, 0(s1)               # in two
        {LOOK}
        sh      s3, 0(s1)
        {LOOK}
        srli    t0, s2, 8
        sb      t0, 1(s1)
        {LOOK}
        sb      zero, 0(s1)             # not valid any more
        {LOOK}
        sb      s3, 0(s1)
        {LOOK}
        amoswap.d a0, s3, (s1)          # in atomic ones
        call    puthex
        {LOOK}
        xor     t0, s2, s3
        amoxor.w a0, t0, (s1)
        call    puthex
        {LOOK}
        li      t0, -256
        amoand.d zero, t0, (s1)
        {LOOK}
        li      t0, 0xc7
        amoor.d a5, t0, (s1)
        mv      a0, a5
        call    puthex
        {LOOK}
        call    newline
        mv      a4, s1                  # compressed
        c.sd    a5, 0(a4)
        {LOOK}
        sd      s3, 0(s1)
        ld      a5, 0(s1)
        c.sw    a5, 0(a4)
        {LOOK}
        srli    t0, s3, 24              # misaligned: the last byte of another page, and this
        slli    t1, s2, 8
        or      t0, t0, t1
        sw      t0, -1(s1)
        lbu     a0, -1(s1)
        call    puthex
        {LOOK}
        slli    t0, s3, 16              # within the page
        sd      t0, 6(s1)
        ld      a0, 8(s1)
        call    puthex
        lhu     a0, 6(s1)
        call    puthex
        sd      s3, 8(s1)
        sd      s2, 0(s1)
        {LOOK}
        li      t1, 4096                # from the table's last bytes to the page behind it
        add     s5, t1, s1
        li      t0, 0x1122334455667788
        sd      t0, -4(s5)
        sd      t0, 12(s5)
        ld      a0, -8(s5)
        call    puthex
        ld      a0, 0(s5)
        call    puthex
        call    newline
        call    finish
{LOOKS}
        .balign 4096
one:    .dword  0x11
        .balign 4096
two:    .dword  0x22
{PAGING}
        .zero   4096
"""
RESERVED = f"""
main:   la      a0, on_trap
        call    catch
        csrw    medeleg, zero
        csrw    mideleg, zero
        li      s11, 0
        la      t0, leaves
        la      t1, one
        srli    t1, t1, 2
        ori     t2, t1, 0xc7
        sd      t2, 0(t0)
        la      a0, supervisor
        j       paging
supervisor:
        li      s0, WINDOW
        la      s1, leaves
        ld      a0, 0(s0)
        call    puthex
        li      t0, 1
        la      t2, two
        lr.d    t1, (t2)
        sc.d    a0, t0, (s1)            # nothing is reserved there
        snez    a0, a0
        call    puthex
        ld      a0, 0(s0)
        call    puthex
        li      s4, 3
1:      lr.d    t1, (s1)                # such a loop ends some time
        xori    t1, t1, 0x200
        sc.d    t2, t1, (s1)
        bnez    t2, 1b
        sfence.vma
        ld      a0, 0(s0)
        call    puthex
        ld      a0, 0(s1)
        andi    a0, a0, 0x3ff
        call    puthex
        addi    s4, s4, -1
        bnez    s4, 1b
        call    finish
{LOOKS}
        .balign 4096
one:    .dword  0x11
two:    .dword  0x22
{PAGING}
"""


@clause("V10")
@weight(1)
@number("10.3")
def test_stores_to_tables(bench, given):
    """Stores to page tables, of every form, have their effect once, and whole."""
    bench.start().equals(given("traps"), short(TABLES))


@clause("V10")
@weight(1)
@number("10.4")
def test_store_conditional_to_tables(bench, given):
    """An SC to a page table fails where nothing is reserved, but does not fail for ever."""
    bench.start().equals(given("traps"), short(RESERVED))


@clause("V10")
@weight(1)
@number("10.5")
def test_pages_on_demand(bench, given):
    """Faults that the guest's own tables cause are its own; and code may change."""
    bench.start(frames=400)
    bench.equals(given("traps"), kernel("processes", 0xC0FFEE))
    bench.equals(given("traps"), kernel("selfmod")).prints(transcript("selfmod"))
