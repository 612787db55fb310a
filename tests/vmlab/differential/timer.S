# Five timer interrupts while the hart waits or computes; vectored.


_start:
    la      sp, stack
    la      t0, vectors
    addi    t0, t0, 1
    csrw    mtvec, t0
    li      s0, 0                   # ticks
    li      s2, 0                   # software interrupts
    call    arm
    li      t0, 1 << 7
    csrw    mie, t0
    csrsi   mstatus, 8
1:  wfi
    li      t0, 3
    blt     s0, t0, 1b
2:  addi    s1, s1, 1               # compute until the fifth
    li      t0, 5
    blt     s0, t0, 2b
    csrci   mstatus, 8

    # A timer that is armed again takes its request back.
    csrr    a0, mip
    call    puthex
    li      t0, MTIMECMP
    sd      zero, 0(t0)
    csrr    a0, mip
    call    puthex
    call    newline

    # wfi goes on although interrupts are off, and no trap is taken.
    wfi
    la      a0, woke
    call    puts

    # A software interrupt, to ourselves.
    li      t0, 1 << 3
    csrw    mie, t0
    csrsi   mstatus, 8
    li      t0, 0x2000000
    li      t1, 1
    sw      t1, 0(t0)
1:  beqz    s2, 1b
    csrr    a0, mip
    call    puthex
    call    newline
    call    finish

arm:
    li      t0, MTIME
    ld      t1, 0(t0)
    addi    t1, t1, 1000
    li      t0, MTIMECMP
    sd      t1, 0(t0)
    ret

    .align 2
vectors:
    j       wrong
    .word   0, 0
    j       software
    .word   0, 0, 0
    j       tick
wrong:
    la      a0, bad
    call    puts
    call    finish

tick:
    addi    sp, sp, -48
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      t1, 16(sp)
    sd      a0, 24(sp)
    addi    s0, s0, 1
    la      a0, text
    call    puts
    csrr    a0, mcause
    call    puthex
    csrr    a0, mstatus
    li      t0, 0x1888
    and     a0, a0, t0
    call    puthex
    call    newline
    call    arm
    li      t0, 5
    bne     s0, t0, 1f
    li      t0, MTIMECMP
    li      t1, -1
    sd      t1, 0(t0)
1:  ld      a0, 24(sp)
    ld      t1, 16(sp)
    ld      t0, 8(sp)
    ld      ra, 0(sp)
    addi    sp, sp, 48
    mret

software:
    li      t0, 0x2000000
    sw      zero, 0(t0)
    csrr    a0, mcause
    call    puthex
    la      a0, ipi
    call    puts
    li      s2, 1
    mret

text:   .asciz "tick"
woke:   .asciz "woke\n"
ipi:    .asciz " software\n"
bad:    .asciz "wrong vector\n"
