# What all kernels here share: console, end of a run. Appended to each of them.
# Every function keeps all registers but a0, a1 and t0 to t2.

    .align 2
# Print the character in a0.
putc:
    li      t0, UART
1:  lbu     t1, 5(t0)           # LSR
    andi    t1, t1, 0x20        # transmitter empty?
    beqz    t1, 1b
    sb      a0, 0(t0)
    ret

# Print the text at a0, which ends with a zero byte.
puts:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    mv      s0, a0
1:  lbu     a0, 0(s0)
    beqz    a0, 2f
    call    putc
    addi    s0, s0, 1
    j       1b
2:  ld      s0, 8(sp)
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

# Print the number in a0: a space and 16 hexadecimal digits.
puthex:
    addi    sp, sp, -32
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    mv      s0, a0
    li      s1, 60
    li      a0, ' '
    call    putc
1:  srl     a0, s0, s1
    andi    a0, a0, 15
    li      t0, 10
    blt     a0, t0, 2f
    addi    a0, a0, 'a' - '0' - 10
2:  addi    a0, a0, '0'
    call    putc
    addi    s1, s1, -4
    bgez    s1, 1b
    ld      s1, 16(sp)
    ld      s0, 8(sp)
    ld      ra, 0(sp)
    addi    sp, sp, 32
    ret

newline:
    li      a0, '\n'
    j       putc

# End the run: pass.
finish:
    li      t0, FINISHER
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b

    .align 4
stack_bottom:
    .zero   4096
stack:
