# Arithmetic, atomics and code that changes itself; prints a hash of all results.

_start:
    la      sp, stack
    la      a5, memory
    la      s0, values
    li      s3, 0xcbf29ce484222325  # the hash
outer:
    la      s1, values
inner:
    ld      a2, 0(s0)
    ld      a3, 0(s1)
    la      s2, table
1:  lw      t0, 0(s2)               # each instruction in turn is put into the code
    beqz    t0, 2f
    la      t1, hole
    sw      t0, 0(t1)
    fence.i
hole:
    nop
    xor     s3, s3, a4
    li      t0, 0x100000001b3
    mul     s3, s3, t0
    addi    s2, s2, 4
    j       1b
2:  la      t0, end
    addi    s1, s1, 8
    bne     s1, t0, inner
    mv      a0, s3
    call    puthex
    addi    s0, s0, 8
    la      t0, end
    bne     s0, t0, outer
    call    newline

    # LR and SC: a pair succeeds, SC alone fails, and at another address too.
    la      a5, memory
1:  lr.d    a2, (a5)
    addi    a2, a2, 5
    sc.d    a0, a2, (a5)
    bnez    a0, 1b
    call    puthex
    sc.d    a0, a2, (a5)
    call    puthex
    lr.w    a2, (a5)
    addi    a4, a5, 64
    sc.w    a0, a2, (a4)
    call    puthex
    lr.w.aqrl a2, (a5)
    sc.w.aqrl a0, a2, (a5)
    call    puthex
    ld      a0, 0(a5)
    call    puthex
    call    newline

    # Loads of every width and sign, and stores that leave their neighbours alone.
    li      t0, 0x8182838485868788
    sd      t0, 0(a5)
    lb      a0, 1(a5)
    call    puthex
    lbu     a0, 2(a5)
    call    puthex
    lh      a0, 4(a5)
    call    puthex
    lhu     a0, 6(a5)
    call    puthex
    lw      a0, 4(a5)
    call    puthex
    lwu     a0, 0(a5)
    call    puthex
    call    newline
    li      t0, 0x1111222233334444
    sb      t0, 1(a5)
    sh      t0, 2(a5)
    sw      t0, 4(a5)
    ld      a0, 0(a5)
    call    puthex
    call    newline

    # A vain count: instret, by the difference of two reads.
    csrr    s4, instret
    nop
    nop
    nop
    csrr    s5, instret
    call    finish

    .align 3
memory: .zero 128
values:
    .dword  0, 1, 2, -1, -2, 0x7fffffffffffffff, 0x8000000000000000, 0x80000000, 0x7fffffff
    .dword  0xffffffff, 0x100000000, 0x123456789abcdef0, 63, 31, -0x80000000
end:
table:                              # a4 from a2 and a3
    add     a4, a2, a3
    sub     a4, a2, a3
    sll     a4, a2, a3
    slt     a4, a2, a3
    sltu    a4, a2, a3
    xor     a4, a2, a3
    srl     a4, a2, a3
    sra     a4, a2, a3
    or      a4, a2, a3
    and     a4, a2, a3
    addw    a4, a2, a3
    subw    a4, a2, a3
    sllw    a4, a2, a3
    srlw    a4, a2, a3
    sraw    a4, a2, a3
    mul     a4, a2, a3
    mulh    a4, a2, a3
    mulhsu  a4, a2, a3
    mulhu   a4, a2, a3
    div     a4, a2, a3
    divu    a4, a2, a3
    rem     a4, a2, a3
    remu    a4, a2, a3
    mulw    a4, a2, a3
    divw    a4, a2, a3
    divuw   a4, a2, a3
    remw    a4, a2, a3
    remuw   a4, a2, a3
    slti    a4, a2, -7
    sltiu   a4, a2, -7
    xori    a4, a2, -7
    ori     a4, a2, 0x555
    andi    a4, a2, -7
    slli    a4, a2, 33
    srli    a4, a2, 33
    srai    a4, a2, 33
    addiw   a4, a2, -7
    slliw   a4, a2, 17
    srliw   a4, a2, 17
    sraiw   a4, a2, 17
    lui     a4, 0x80000
    auipc   a4, 0xfffff
    jal     a4, . + 4
    sd      a2, 0(a5)
    amoadd.w a4, a3, (a5)
    amoswap.w a4, a3, (a5)
    amoxor.w a4, a2, (a5)
    amoand.w a4, a3, (a5)
    amoor.w a4, a2, (a5)
    amomin.w a4, a3, (a5)
    amomax.w a4, a2, (a5)
    amominu.w a4, a3, (a5)
    amomaxu.w a4, a2, (a5)
    ld      a4, 0(a5)
    amoadd.d a4, a3, (a5)
    amoswap.d a4, a3, (a5)
    amoxor.d a4, a2, (a5)
    amoand.d a4, a3, (a5)
    amoor.d a4, a2, (a5)
    amomin.d a4, a3, (a5)
    amomax.d a4, a2, (a5)
    amominu.d a4, a3, (a5)
    amomaxu.d a4, a2, (a5)
    ld      a4, 0(a5)
    .word   0
