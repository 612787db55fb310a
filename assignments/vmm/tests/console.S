# Echoes what it receives until a full stop, driven by the interrupts of the receiver.

        .equ    MEI, 1 << 11

main:   la      a0, on_trap
        call    catch
        li      s0, 0                   # characters so far
        li      s1, 0                   # whether the last one was the full stop
        li      t0, PLIC
        li      t1, 1
        sw      t1, 4 * UART_IRQ(t0)    # priority
        li      t0, PLIC + 0x2000
        li      t1, 1 << UART_IRQ
        sw      t1, 0(t0)               # enabled for the M context
        li      t0, PLIC + 0x200000
        sw      zero, 0(t0)             # threshold
        li      t0, UART
        li      t1, 1
        sb      t1, 1(t0)               # the receiver interrupts
        la      a0, prompt
        call    puts
        li      t0, MEI
        csrw    mie, t0
1:      wfi                             # with interrupts off, so that none can come between
        csrsi   mstatus, 8
        csrci   mstatus, 8
        beqz    s1, 1b
        call    newline
        la      a0, received
        mv      a1, s0
        call    putline
        call    finish

on_trap:
        addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      s2, 16(sp)
        li      t0, 1 << 63 | 11
        bne     a0, t0, wrong
        li      t0, PLIC + 0x200004
        lw      s2, 0(t0)               # claim
        li      t0, UART_IRQ
        bne     s2, t0, wrong
1:      li      t0, UART
        lbu     t1, 5(t0)
        andi    t1, t1, 1               # is there more?
        beqz    t1, 2f
        lbu     a0, 0(t0)
        addi    s0, s0, 1
        addi    s1, a0, -'.'
        seqz    s1, s1
        call    putc
        beqz    s1, 1b
2:      li      t0, PLIC + 0x200004
        sw      s2, 0(t0)               # complete
        ld      a0, 8(sp)
        ld      s2, 16(sp)
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret
wrong:  la      a0, bad
        call    puts
        li      a0, 1
        call    fail

prompt: .asciz  "> "
received: .asciz "received"
bad:    .asciz  "wrong interrupt\n"
