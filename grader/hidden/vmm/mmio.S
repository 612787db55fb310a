# Loads and stores on devices in every form: widths, sign extension, x0 as destination, base and
# value in one register, compressed ones; and that each happens once.

        .equ    SCR, 7                  # registers of the UART
        .equ    MCR, 4
        .equ    FCR, 2
        .equ    LSR, 5
        .equ    LOOP, 1 << 4            # the transmitter feeds the receiver

main:   li      s0, UART
        li      s1, MTIMECMP
        li      s2, PLIC

        la      a0, bytes               # a byte: zero and sign extension
        call    puts
        li      t0, 0xa5
        sb      t0, SCR(s0)
        lbu     a0, SCR(s0)
        call    puthex
        lb      a0, SCR(s0)
        call    puthex
        li      t0, 0x123456789abcde7f  # only the low byte of it is stored
        sb      t0, SCR(s0)
        lb      a0, SCR(s0)
        call    puthex
        addi    t1, s0, SCR             # the base is what is loaded
        lb      t1, 0(t1)
        mv      a0, t1
        call    puthex
        addi    t1, s0, SCR             # the base is what is stored
        sb      t1, 0(t1)
        lbu     a0, SCR(s0)
        call    puthex
        addi    a4, s0, SCR + 16        # a negative offset
        li      t0, 0x80
        sb      t0, -16(a4)
        lb      a0, -16(a4)
        call    puthex
        sb      zero, -16(a4)           # x0 is 0 ...
        lb      a0, -16(a4)
        call    puthex
        lbu     zero, LSR(s0)           # ... and stays it
        mv      a0, zero
        call    puthex
        call    newline

        la      a0, words               # 8 bytes, and halves of them
        call    puts
        li      s3, 0x89abcdef76543210
        sd      s3, 0(s1)
        ld      a0, 0(s1)
        call    puthex
        lw      a0, 0(s1)
        call    puthex
        lw      a0, 4(s1)
        call    puthex
        lwu     a0, 4(s1)
        call    puthex
        sw      s3, 4(s1)
        ld      a0, 0(s1)
        call    puthex
        sw      zero, 0(s1)
        ld      a0, 0(s1)
        call    puthex
        ld      zero, 0(s1)
        mv      a0, zero
        call    puthex
        call    newline

        la      a0, short               # compressed: 2 bytes long, each followed by another
        call    puts
        mv      a4, s1
        mv      a5, s3
        li      a2, 0
        li      a3, 0
        c.sd    a5, 0(a4)
        c.ld    a2, 0(a4)
        c.lw    a3, 4(a4)
        c.addi  a2, 1
        mv      a0, a2
        call    puthex
        mv      a0, a3
        call    puthex
        mv      a4, s2
        li      a5, 0x12345675          # a priority: bits 2 to 0
        c.sw    a5, 40(a4)
        c.lw    a2, 40(a4)
        mv      a0, a2
        call    puthex
        mv      s4, sp                  # on the stack pointer
        li      t3, 3
        li      t4, 0
        mv      sp, s2
        c.swsp  t3, 44(sp)
        c.lwsp  t4, 44(sp)
        mv      sp, s1
        c.sdsp  s3, 0(sp)
        c.ldsp  t5, 0(sp)
        mv      sp, s4
        mv      a0, t4
        call    puthex
        mv      a0, t5
        call    puthex
        li      t0, -1
        sd      t0, 0(s1)
        call    newline

        # Reading RBR takes a byte away: a load to x0 does, and each does so once.
        la      a0, once
        call    puts
        li      t0, 1                   # FIFOs
        sb      t0, FCR(s0)
        li      t0, LOOP
        sb      t0, MCR(s0)
        li      s5, 'A'
1:      sb      s5, 0(s0)
        addi    s5, s5, 1
        li      t0, 'I'
        bltu    s5, t0, 1b
        lbu     s6, 0(s0)               # A
        lbu     zero, 0(s0)             # B is lost
        lb      s7, 0(s0)               # C
        mv      a4, s0
        lbu     a4, 0(a4)               # D, over its base
        lbu     s8, 0(s0)               # E
        sb      s8, 0(s0)               # comes again at the end
        lbu     zero, 0(s0)             # F
        lbu     s9, 0(s0)               # G
        lbu     s10, 0(s0)              # H
        lbu     s11, 0(s0)              # E
        lbu     t3, LSR(s0)
        andi    t3, t3, 1               # and there is no more
        sb      zero, MCR(s0)
        sb      zero, FCR(s0)
        li      t0, ' '
        sb      t0, 0(s0)
        sb      s6, 0(s0)
        sb      s7, 0(s0)
        sb      a4, 0(s0)
        sb      s8, 0(s0)
        sb      s9, 0(s0)
        sb      s10, 0(s0)
        sb      s11, 0(s0)
        mv      a0, t3
        call    puthex
        call    newline

        # A software interrupt, claimed by nobody: MSIP is a wire of the hart.
        la      a0, wires
        call    puts
        li      t0, MSIP
        li      t1, -1                  # one bit of it can be written
        sw      t1, 0(t0)
        lw      a0, 0(t0)
        csrr    s5, mip
        sw      zero, 0(t0)
        csrr    s6, mip
        call    puthex
        andi    a0, s5, 8
        call    puthex
        andi    a0, s6, 8
        call    puthex
        sd      zero, 0(s1)             # the timer is due; then it is not
        csrr    s5, mip
        li      t0, -1
        sd      t0, 0(s1)
        csrr    s6, mip
        andi    a0, s5, 128
        call    puthex
        andi    a0, s6, 128
        call    puthex
        call    newline

        # The receiver's interrupt, by the PLIC to the hart, claimed and completed.
        la      a0, claims
        call    puts
        li      t0, 1 << UART_IRQ
        li      t1, PLIC + 0x2000
        sw      t0, 0(t1)               # enable, of M
        li      s3, PLIC + 0x200000
        sw      zero, 0(s3)             # threshold
        sb      zero, 1(s0)
        li      t0, LOOP
        sb      t0, MCR(s0)
        li      t0, 1
        sb      t0, 1(s0)               # IER: the receiver
        csrr    s4, mip
        li      t0, 'x'
        sb      t0, 0(s0)
        csrr    s5, mip
        lw      s6, 4(s3)               # claim
        csrr    s7, mip
        lw      s8, 4(s3)               # there is no other
        lbu     s9, 0(s0)
        sw      s6, 4(s3)               # complete
        csrr    s10, mip
        sb      zero, 1(s0)
        sb      zero, MCR(s0)
        li      t0, 1 << 11
        and     a0, s4, t0
        call    puthex
        li      t0, 1 << 11
        and     a0, s5, t0
        call    puthex
        mv      a0, s6
        call    puthex
        li      t0, 1 << 11
        and     a0, s7, t0
        call    puthex
        mv      a0, s8
        call    puthex
        mv      a0, s9
        call    puthex
        li      t0, 1 << 11
        and     a0, s10, t0
        call    puthex
        call    newline
        call    finish

bytes:  .asciz  "bytes"
words:  .asciz  "words"
short:  .asciz  "short"
once:   .asciz  "once"
wires:  .asciz  "wires"
claims: .asciz  "claims"
