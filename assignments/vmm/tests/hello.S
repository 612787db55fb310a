# Says hello, shows WORD, and switches off. The one guest that asks whether the transmitter is ready.

main:   la      s0, text
        li      s1, UART
1:      lbu     a0, 0(s0)
        beqz    a0, 3f
2:      lbu     t0, 5(s1)               # LSR
        andi    t0, t0, 0x20            # transmitter empty?
        beqz    t0, 2b
        sb      a0, 0(s1)
        addi    s0, s0, 1
        j       1b
3:      li      a0, WORD
        call    puthex
        call    newline
        call    finish

text:   .asciz  "hello from"
