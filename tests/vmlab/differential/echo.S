# Echoes what it receives until a full stop, driven by the PLIC's interrupts for S-mode.


_start:
    la      sp, stack
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1
    la      t0, handler
    csrw    stvec, t0
    li      t0, 1 << 9
    csrw    mideleg, t0
    csrw    mie, t0
    li      t0, 3 << 11
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    la      t0, kernel
    csrw    mepc, t0
    mret
kernel:
    li      t0, PLIC
    li      t1, 3
    sw      t1, 40(t0)              # priority of source 10
    lw      a0, 40(t0)
    call    puthex
    li      t0, PLIC + 0x2080
    li      t1, 1 << 10
    sw      t1, 0(t0)               # enable it for the S context
    li      t0, PLIC + 0x201000
    sw      zero, 0(t0)             # threshold
    li      t0, UART
    li      t1, 1
    sb      t1, 1(t0)               # receive interrupt
    lbu     a0, 1(t0)
    call    puthex
    call    newline
    li      s0, 0
1:  wfi                             # with interrupts off, so that none can come between
    csrsi   sstatus, 2
    csrci   sstatus, 2
    beqz    s0, 1b
    csrr    a0, sip
    call    puthex
    call    newline
    call    finish

    .align 2
handler:
    csrr    a0, scause
    slli    a0, a0, 1
    li      t0, 18
    bne     a0, t0, wrong
    li      t0, PLIC + 0x201004
    lw      s1, 0(t0)               # claim
    li      t0, 10
    bne     s1, t0, wrong
1:  li      t0, UART
    lbu     t1, 5(t0)
    andi    t1, t1, 1
    beqz    t1, 2f
    lbu     a0, 0(t0)
    mv      s2, a0
    call    putc
    li      t0, '.'
    bne     s2, t0, 1b
    li      s0, 1
2:  li      t0, PLIC + 0x201004
    sw      s1, 0(t0)               # complete
    sret
wrong:
    la      a0, bad
    call    puts
    call    finish
bad:    .asciz "wrong interrupt\n"
