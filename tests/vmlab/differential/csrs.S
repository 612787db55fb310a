# What CSR instructions read and write: fields, views, write suppression, and the returns.

_start:
    la      sp, stack
    la      t0, handler
    csrw    mtvec, t0
    li      t1, -1                  # all of memory, if there is physical memory protection
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1

    # Fields that keep only what is legal.
    li      s0, -1
    csrw    mscratch, s0
    csrr    a0, mscratch
    call    puthex
    csrw    mcounteren, s0
    csrr    a0, mcounteren
    andi    a0, a0, 7
    call    puthex
    call    newline
    li      t0, 0x7e19aa            # all of it that can be written
    csrw    mstatus, t0
    csrr    a0, mstatus
    call    puthex
    csrr    a0, sstatus
    call    puthex
    csrc    sstatus, s0             # S sees only its own fields
    csrr    a0, mstatus
    call    puthex
    csrw    mstatus, zero
    csrr    a0, mstatus
    call    puthex
    call    newline

    # satp: an unsupported mode makes no difference at all. (7 is reserved.)
    li      t0, 8 << 60 | 0x80000
    csrw    satp, t0
    csrr    a0, satp
    call    puthex
    li      t0, 7 << 60 | 0x12345
    csrw    satp, t0
    csrr    a0, satp
    call    puthex
    csrw    satp, zero
    csrr    a0, satp
    call    puthex
    call    newline

    # Interrupts through mideleg.
    li      t0, 0x222
    csrw    mideleg, t0
    csrr    a0, mideleg
    andi    a0, a0, 0x222
    call    puthex
    li      s1, 0xaaa
    csrw    mie, s1
    csrr    a0, sie
    call    puthex
    csrw    mip, s1
    csrr    a0, mip
    andi    a0, a0, 0x222           # the timer's wire differs from board to board
    call    puthex
    csrr    a0, sip
    call    puthex
    csrc    sip, s1                 # of these, S can clear only SSIP
    csrr    a0, mip
    andi    a0, a0, 0x222
    call    puthex
    li      t0, 0x020
    csrw    mideleg, t0
    csrr    a0, sie
    call    puthex
    csrr    a0, sip
    call    puthex
    csrw    sie, zero
    csrr    a0, mie
    call    puthex
    csrw    mie, zero
    csrw    mip, zero
    csrw    mideleg, zero
    call    newline

    # Each form, with and without x0.
    li      s1, 0x5a
    csrw    sscratch, s1
    csrrs   a0, sscratch, zero
    call    puthex
    csrrsi  a0, sscratch, 5
    call    puthex
    csrrci  a0, sscratch, 8
    call    puthex
    li      t0, 0xf0
    csrrc   a0, sscratch, t0
    call    puthex
    csrrwi  a0, sscratch, 31
    call    puthex
    csrrw   zero, sscratch, s1
    csrr    a0, sscratch
    call    puthex
    li      a0, 0x77
    csrrw   a0, sscratch, a0        # rd = rs1
    call    puthex
    csrr    a0, sscratch
    call    puthex
    call    newline
    csrrs   a0, mhartid, zero       # no write, so allowed
    call    puthex
    csrrci  a0, mhartid, 0
    call    puthex
    csrrsi  a0, mhartid, 1
    csrrw   a0, mhartid, zero
    csrrwi  zero, cycle, 0
    call    newline

    # mret: to the mode in MPP, MIE from MPIE; MPRV is cleared below M.
    li      t0, 0x20080 | 3 << 11
    csrw    mstatus, t0
    la      t0, 1f
    csrw    mepc, t0
    mret
1:  csrr    a0, mstatus
    csrci   mstatus, 8
    call    puthex
    la      t0, 2f
    csrw    sepc, t0
    li      t0, 0x20120             # SPP = S, SPIE, and MPRV
    csrw    mstatus, t0
    sret                            # legal in M
2:  csrr    a0, sstatus             # now in S: M-mode's CSRs are out of reach
    call    puthex
    csrr    a0, mstatus
    call    newline

    # Traps of S-mode: TVM, TW, TSR.
    li      s10, 0x100000 | 0x200000 | 0x400000
    .word   0                       # the handler sets s10 in mstatus
    csrr    a0, satp
    csrw    satp, zero
    sfence.vma
    wfi
    sret
    csrr    a0, cycle               # allowed: mcounteren is all ones
    csrr    a0, time
    csrr    a0, instret
    call    newline

    # An instruction stands at any even address, and no jump is misaligned; bit 0 is dropped.
    la      t0, 5f + 1
    jr      t0
    .half   0
5:  ecall                           # mepc has bit 1 set
    beqz    zero, 6f
    .word   0
    .half   0
6:  call    newline
    call    finish

    .align 2
handler:
    csrw    mscratch, a0
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
    li      a0, '\n'
    call    putc
    csrs    mstatus, s10
    li      s10, 0
    csrr    a0, mepc
    addi    a0, a0, 4
    csrw    mepc, a0
    csrr    a0, mscratch
    mret
