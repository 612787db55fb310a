# main() where there is no C compiler: arithmetic, loads and stores over 64 KiB, with a call.
# Its user sets ROUNDS.

    .equ SIZE, 0x10000

    .text
main:
    mv    s4, ra
    li    s5, ROUNDS
    li    s2, 0x9E3779B97F4A7C15
1:
    li    s0, SIZE
    la    s1, numbers
2:
    ld    t0, 0(s1)
    xor   t0, t0, s2
    call  mix
    sd    t0, 0(s1)
    lbu   t2, 3(s1)
    add   s3, s3, t2
    addi  s1, s1, 8
    addi  s0, s0, -8
    bnez  s0, 2b
    addi  s5, s5, -1
    bnez  s5, 1b
    li    a0, 0
    jr    s4
mix:
    slli  t1, t0, 13
    xor   t0, t0, t1
    srli  t1, t0, 7
    xor   t0, t0, t1
    mul   t0, t0, s2
    ret

    .bss
    .align 12
numbers:
    .zero SIZE
