# Misaligned loads and stores, which this board carries out: within a page, over the end of one, and
# where the second page refuses them. Atomics trap.

_start:
    la      sp, stack
    la      t0, handler
    csrw    mtvec, t0
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1

    # Every distance from a boundary, each width.
    la      s0, data + 4096
    li      s1, -8
1:  add     s2, s0, s1
    li      t0, 0x8182838485868788
    sd      t0, 0(s2)
    lh      a0, 1(s2)
    call    puthex
    lhu     a0, 3(s2)
    call    puthex
    lw      a0, 2(s2)
    call    puthex
    lwu     a0, 3(s2)
    call    puthex
    ld      a0, -1(s2)
    call    puthex
    li      t0, 0x1122
    sh      t0, 1(s2)
    li      t0, 0x33445566
    sw      t0, 3(s2)
    ld      a0, 0(s2)
    call    puthex
    call    newline
    addi    s1, s1, 1
    blez    s1, 1b

    # Atomics have to be aligned. (QEMU carries out AMOs.)
    addi    a5, s0, -2
    lr.w    a0, (a5)
    lr.d    a0, (a5)
    call    newline

    # In S-mode, over the end of the last page that is mapped, and of one that is read-only.
    la      t0, root                # a gigapage of RAM onto itself
    li      t1, 0x200000cf
    sd      t1, 16(t0)
    la      t1, middle
    srli    t1, t1, 2
    ori     t1, t1, 1
    sd      t1, 8(t0)
    la      t0, middle
    la      t1, last
    srli    t1, t1, 2
    ori     t1, t1, 1
    sd      t1, 0(t0)
    la      t0, last                # read and write; read; not there
    la      t1, data
    srli    t1, t1, 2
    ori     t1, t1, 0xc7
    sd      t1, 0(t0)
    la      t1, data + 4096
    srli    t1, t1, 2
    ori     t1, t1, 0x43
    sd      t1, 8(t0)
    la      t0, root
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    li      t0, 1 << 11
    csrw    mstatus, t0
    la      t0, supervisor
    csrw    mepc, t0
    mret
supervisor:
    li      s1, 0x40001000
    sd      zero, -8(s1)
    li      t0, -1
    sd      t0, -3(s1)              # the second page is read-only: nothing is written
    sw      t0, -1(s1)
    sw      t0, 2(s1)
    ld      s2, -8(s1)
    ld      s3, -5(s1)              # may be read
    li      s1, 0x40002000
    ld      a0, -7(s1)              # the second page is not there
    lw      a0, -2(s1)
    lh      a0, -1(s1)
    sd      a0, -2(s1)              # the first is read-only, too
    li      s1, 0x40000000
    ld      a0, -4(s1)              # the first page is not there
    ld      a0, -8(s1)
    ecall

end:
    mv      a0, s2
    call    puthex
    mv      a0, s3
    call    puthex
    call    newline
    call    finish

    .align 2
handler:
    csrr    a0, mcause
    addi    a0, a0, -9
    beqz    a0, end
    csrr    a0, mcause
    call    puthex
    csrr    a0, mepc
    la      a1, _start
    sub     a0, a0, a1
    call    puthex
    csrr    a0, mtval
    la      a1, _start
    bltu    a0, a1, 1f
    sub     a0, a0, a1
1:  call    puthex
    call    newline
    csrr    a0, mepc
    addi    a0, a0, 4
    csrw    mepc, a0
    mret

    .align 12
data:
    .zero   8192
root:
    .zero   4096
middle:
    .zero   4096
last:
    .zero   4096
