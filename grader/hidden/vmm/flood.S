# Floods the console with WORD lines (0: without end), each with another letter in it.

main:   csrw    mie, zero
        li      s0, WORD
        li      s1, UART
        li      s2, 0
1:      addi    t0, s2, 'a'
        li      t1, 31
2:      sb      t0, 0(s1)
        addi    t1, t1, -1
        bnez    t1, 2b
        li      t0, '\n'
        sb      t0, 0(s1)
        addi    s2, s2, 1
        li      t0, 26
        bltu    s2, t0, 3f
        li      s2, 0
3:      addi    s0, s0, -1
        bnez    s0, 1b
        call    finish
