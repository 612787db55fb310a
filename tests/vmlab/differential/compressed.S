# Instructions of 16 bits: what they compute, where they lead, and what traps say of them.

_start:
    la      sp, stack
    la      t0, handler
    csrw    mtvec, t0
    csrr    a0, misa
    srli    a0, a0, 2
    andi    a0, a0, 1
    call    puthex
    call    newline

    # Computation, in registers and on the stack.
    .option rvc
    li      a0, -7
    li      s1, 31
    add     a0, a0, s1
    slli    a0, a0, 40
    srai    a0, a0, 3
    call    puthex
    lui     a0, 0xfffe0
    addiw   a0, a0, -1
    srli    a0, a0, 5
    andi    a0, a0, -2
    call    puthex
    addi    sp, sp, -64
    li      a1, -2
    sd      a1, 8(sp)
    sw      a1, 20(sp)
    addi    a5, sp, 8
    ld      a0, 0(a5)
    lw      a4, 12(a5)
    sub     a0, a0, a4
    call    puthex
    lw      a0, 20(sp)
    addi    a5, sp, 8
    sw      a0, 24(a5)
    sd      a0, 32(a5)
    ld      a0, 24(a5)
    call    puthex
    addi    sp, sp, 64
    li      s0, 0x5a
    li      s1, 0x3c
    mv      a0, s0
    xor     a0, a0, s1
    mv      a5, s0
    or      a5, a5, s1
    addw    a0, a0, a5
    mv      a5, s0
    and     a5, a5, s1
    subw    a0, a0, a5
    call    puthex
    call    newline

    # HINTs change nothing.
    li      a0, 5
    .half   0x0511 | 4              # c.addi a0, 5
    .half   0x0501                  # c.addi a0, 0
    .half   0x4005                  # c.li zero, 1
    .half   0x6005                  # c.lui zero, 1
    .half   0x0502                  # c.slli a0, 0
    .half   0x802a                  # c.mv zero, a0
    .half   0x900a                  # c.add zero, sp
    nop
    call    puthex

    # Control flow between halfwords.
    li      s0, 3
    li      a5, 0
1:  addi    a5, a5, 10
    addi    s0, s0, -1
    c.bnez  s0, 1b
    c.beqz  s0, 2f
    .half   0
2:  mv      a0, a5
    c.j     3f
    .half   0
3:  call    puthex
    la      a5, 5f
    c.jalr  a5
4:  la      a1, 4b
    sub     a0, a0, a1
    call    puthex
    c.j     6f
5:  mv      a0, ra
    c.jr    ra
6:  call    newline

    # Traps: cause, pc, mtval. Each is 2 bytes long.
    c.ebreak
    .half   0x0000
    .half   0x8000                  # reserved
    .half   0x2001                  # c.addiw to x0
    .half   0x4002                  # c.lwsp to x0
    .half   0x6002                  # c.ldsp to x0
    .half   0x8002                  # c.jr x0
    .half   0x6081                  # c.lui with 0
    .half   0x9c41                  # beyond c.addw
    .half   0x2000                  # c.fld
    .half   0xa002                  # c.fsdsp
    .half   0x0004                  # c.addi4spn with 0
    li      a5, 24
    c.ld    a0, 8(a5)
    c.sw    a0, 4(a5)
    call    newline
    call    finish

    .option norvc
    .balign 4
handler:
    csrw    mscratch, a0
    csrr    a0, mcause
    call    puthex
    csrr    a0, mepc
    la      a1, _start
    sub     a0, a0, a1
    call    puthex
    csrr    a0, mcause
    addi    a0, a0, -3
    beqz    a0, 1f                  # an ebreak's mtval differs
    csrr    a0, mtval
    call    puthex
1:  call    newline
    csrr    a0, mepc
    addi    a0, a0, 2
    csrw    mepc, a0
    csrr    a0, mscratch
    mret
