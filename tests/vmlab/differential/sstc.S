# The supervisor timer: who may reach it, what STIP shows, and five ticks of it.

_start:
    la      sp, stack
    la      t0, machine
    csrw    mtvec, t0
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1
    li      t0, 0x20
    csrw    mideleg, t0

    # Without STCE, STIP is a bit like another.
    csrw    mip, t0
    csrr    a0, mip
    andi    a0, a0, 0x20
    call    puthex
    csrw    mip, zero
    csrr    a0, mip
    andi    a0, a0, 0x20
    call    puthex

    # With it, STIP is the timer's.
    li      t0, 1 << 63
    csrw    menvcfg, t0
    csrr    a0, menvcfg
    srli    a0, a0, 63
    call    puthex
    csrw    stimecmp, zero
    csrr    a0, mip
    andi    a0, a0, 0x20
    call    puthex
    li      t0, -1
    csrw    stimecmp, t0
    csrr    a0, mip
    andi    a0, a0, 0x20
    call    puthex
    csrr    a0, stimecmp
    call    puthex
    call    newline

    la      t0, tick
    csrw    stvec, t0
    la      t0, supervisor
    csrw    mepc, t0
    li      t0, 1 << 11
    csrw    mstatus, t0
    mret

supervisor:
    li      s0, 5
    csrr    a0, stimecmp            # illegal: TM = 0. The handler sets it, and clears STCE;
    csrw    stimecmp, zero          # illegal: the handler sets STCE again.
    csrr    a0, stimecmp
    call    puthex
    call    newline
    li      t0, 0x20
    csrw    sie, t0
    rdtime  t0
    csrw    stimecmp, t0
1:  wfi
    csrsi   sstatus, 2
    csrci   sstatus, 2
    bnez    s0, 1b
    la      a0, 2f
    csrw    sepc, a0
    csrr    a0, sip
    call    puthex
    call    finish
2:  j       2b

    .align 2
tick:
    csrr    a0, scause
    call    puthex
    csrr    a0, sip
    andi    a0, a0, 0x20
    call    puthex
    addi    s0, s0, -1
    li      t0, -1
    beqz    s0, 1f
    rdtime  t0
    li      t1, 20000
    add     t0, t0, t1
1:  csrw    stimecmp, t0
    call    newline
    sret

    .align 2
machine:
    csrr    a0, mcause
    call    puthex
    csrr    a0, mepc
    la      t0, _start
    sub     a0, a0, t0
    call    puthex
    csrr    t0, mepc
    csrr    t1, mcounteren
    andi    t1, t1, 2
    li      t2, 1 << 63
    beqz    t1, 1f
    csrs    menvcfg, t2
    addi    t0, t0, 4
    csrw    mepc, t0
    mret
1:  csrwi   mcounteren, 2
    csrc    menvcfg, t2
    addi    t0, t0, 4
    csrw    mepc, t0
    mret
