# The programs of os.S: one page of code that all processes map, and that may stand anywhere. A
# system call keeps all registers but a0; s0 to s2 are where each keeps what it needs.

        .balign 4096
programs:
writer: li      s0, HEAP
        li      a0, READ
        li      a1, 0
        mv      a2, s0
        sd      zero, 0(s0)             # the page is there now
        li      a7, 8
        ecall
        bnez    a0, wrong
        ld      s1, 0(s0)
        addi    s1, s1, 1
        sd      s1, 0(s0)
        li      a0, WRITE
        li      a1, 0
        mv      a2, s0
        ecall
        bnez    a0, wrong
        li      a0, FLUSH
        ecall
        bnez    a0, wrong
        lla     a0, boot
        li      a7, 1
        ecall
        mv      a0, s1
        li      a7, 2
        ecall
        li      a7, 4                   # stage 0 ends
        ecall
        li      s2, 0
1:      li      t0, 4096                # page s2 of the pattern
        add     s0, s0, t0
        mv      t1, s0
        call    seed
2:      call    step
        sd      t2, 0(t1)
        addi    t1, t1, 8
        slli    t0, t1, 52
        bnez    t0, 2b
        li      a0, 2
        li      a7, 7
        ecall                           # sleep
        slli    a0, s2, 1               # stage 1 or 3
        addi    a0, a0, 1
        li      a7, 3
        ecall
        li      a0, WRITE
        slli    a1, s2, 3
        addi    a1, a1, 8
        mv      a2, s0
        li      a7, 8
        ecall
        bnez    a0, wrong
        li      a0, FLUSH
        ecall
        bnez    a0, wrong
        lla     a0, wrote
        li      a7, 1
        ecall
        mv      a0, s2
        li      a7, 2
        ecall
        addi    s2, s2, 1
        li      t0, 2
        beq     s2, t0, over_and_out    # (which ends stage 3)
        li      a7, 4
        ecall
        j       1b

shell:  li      s0, 2                   # at stage 2, and at stage 6
1:      mv      a0, s0
        li      a7, 3
        ecall
        lla     a0, prompt
        li      a7, 1
        ecall
2:      li      a7, 5
        ecall
        li      a7, 6
        ecall
        li      t0, '\n'
        bne     a0, t0, 2b
        addi    s0, s0, 4
        li      t0, 6
        bgtu    s0, t0, over_and_out
        li      a7, 4
        ecall
        j       1b

counter:
        li      s0, 0
        li      s1, 12000
1:      mul     t0, s1, s1
        add     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, 1b
        li      a0, 4
        li      a7, 3
        ecall
        lla     a0, counted
        li      a7, 1
        ecall
        mv      a0, s0
        li      a7, 2
        ecall
        j       over_and_out

reader: li      s0, HEAP
        li      s1, 8                   # eight pages, all of them new: they must be empty
1:      ld      t0, 0(s0)
        ld      t1, 2040(s0)
        or      t0, t0, t1
        bnez    t0, wrong
        sd      s0, 8(s0)
        li      t0, 4096
        add     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, 1b
        li      a0, 5
        li      a7, 3
        ecall
        li      s2, 0
2:      li      a0, READ
        slli    a1, s2, 3
        addi    a1, a1, 8
        li      a2, HEAP
        li      a7, 8
        ecall
        bnez    a0, wrong
        li      t1, HEAP
        call    seed
3:      call    step
        ld      t0, 0(t1)
        bne     t0, t2, wrong
        addi    t1, t1, 8
        slli    t0, t1, 52
        bnez    t0, 3b
        addi    s2, s2, 1
        li      t0, 2
        bltu    s2, t0, 2b
        lla     a0, compared
        li      a7, 1
        ecall
        mv      a0, t2
        li      a7, 2
        ecall
over_and_out:
        li      a7, 0
        ecall
wrong:  lla     a0, bad
        li      a7, 1
        ecall
        j       over_and_out

# The pattern of page s2: in t2 a number that tells WORD and the page, then one after another.
seed:   li      t2, WORD
        slli    t2, t2, 4
        add     t2, t2, s2
        ret
step:   slli    t0, t2, 13
        xor     t2, t2, t0
        srli    t0, t2, 7
        xor     t2, t2, t0
        slli    t0, t2, 17
        xor     t2, t2, t0
        addi    t2, t2, 1
        ret

boot:   .asciz  "boot"
wrote:  .asciz  "wrote"
prompt: .asciz  "$ "
counted: .asciz "counted"
compared: .asciz "compared"
bad:    .asciz  "wrong\n"

        .balign 4096
pool:                                   # free memory begins
