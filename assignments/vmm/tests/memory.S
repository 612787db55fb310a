# Looks at all the RAM outside of its own image: every word must be 0. Then fills it with WORD, a
# different number at each place, and looks whether they stay.

main:   la      s0, image_end
        li      s1, RAM + PAGES * 4096
        sub     a1, s1, s0              # the image ends where a page does
        srli    a1, a1, 3
        la      a0, words
        call    putline

        li      s2, 0                   # words that are not 0
        mv      t0, s0
1:      ld      t1, 0(t0)               # eight of them at once
        ld      t2, 8(t0)
        ld      t3, 16(t0)
        ld      t4, 24(t0)
        or      t1, t1, t2
        ld      t5, 32(t0)
        or      t3, t3, t4
        ld      t6, 40(t0)
        or      t5, t5, t6
        ld      t2, 48(t0)
        or      t1, t1, t3
        ld      t4, 56(t0)
        or      t2, t2, t4
        or      t1, t1, t5
        or      t1, t1, t2
        beqz    t1, 2f
        addi    s2, s2, 1
        bnez    s3, 2f
        mv      s3, t0                  # where the first one is
2:      addi    t0, t0, 64
        bltu    t0, s1, 1b
        la      a0, dirty
        mv      a1, s2
        call    putline
        beqz    s2, 3f
        la      a0, first
        mv      a1, s3
        call    putline
        li      a0, 1
        call    fail

3:      li      s4, WORD
        mv      t0, s0
4:      xor     t1, s4, t0
        sd      t1, 0(t0)
        sd      t1, 8(t0)
        sd      t1, 16(t0)
        sd      t1, 24(t0)
        sd      t1, 32(t0)
        sd      t1, 40(t0)
        sd      t1, 48(t0)
        sd      t1, 56(t0)
        addi    t0, t0, 64
        bltu    t0, s1, 4b
        la      a0, full
        mv      a1, s4
        call    putline
        mv      t0, s0
5:      xor     t1, s4, t0
        ld      t2, 0(t0)
        ld      t3, 56(t0)
        bne     t1, t2, wrong
        bne     t1, t3, wrong
        addi    t0, t0, 64
        bltu    t0, s1, 5b
        la      a0, kept
        call    puts
        call    finish
wrong:  mv      a1, t0
        la      a0, lost
        call    putline
        li      a0, 2
        call    fail

words:  .asciz  "words"
dirty:  .asciz  "not zero"
first:  .asciz  "first at"
full:   .asciz  "filled with"
kept:   .asciz  "all there\n"
lost:   .asciz  "lost at"
        .balign 4096
image_end:
