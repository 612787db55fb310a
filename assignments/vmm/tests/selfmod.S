# Writes its own code: a function that is changed a hundred times, one that is built in a page of
# data, and one that replaces the instruction right behind the fence.

main:   li      s0, 100
        li      s1, 0
        la      s2, changing
        li      s3, 0x00150513          # addi a0, a0, 1
1:      sw      s3, 0(s2)
        fence.i
        mv      a0, s1
        jalr    s2
        mv      s1, a0
        li      t0, 1 << 20             # one more each time
        add     s3, s3, t0
        addi    s0, s0, -1
        bnez    s0, 1b
        mv      a1, s1                  # 1 + 2 + ... + 100
        la      a0, sum
        call    putline

        la      s2, blank               # nothing but data so far
        li      t0, 0x02a00513          # li a0, 42
        li      t1, 0x00008067          # ret
        sw      t0, 0(s2)
        sw      t1, 4(s2)
        fence.i
        jalr    s2
        mv      s4, a0
        sw      t1, 0(s2)               # only `ret`
        fence.i
        li      a0, 7
        jalr    s2
        add     a1, a0, s4
        la      a0, built
        call    putline

        la      t0, here
        li      t1, 0x00100313          # li t1, 1
        sw      t1, 0(t0)
        fence.i
here:   li      t1, 0
        mv      a1, t1
        la      a0, next
        call    putline
        call    finish

sum:    .asciz  "sum"
built:  .asciz  "built"
next:   .asciz  "next"
        .balign 4
changing:
        nop
        ret
        .balign 4096
blank:  .zero   4096
