# Eight ticks of the machine's timer: four awaited in `wfi`, four while it counts. After that,
# interrupts are masked for the time of several ticks, which must be one tick only; and a timer that
# is set anew takes its request back.

        .equ    PERIOD, 2000            # of mtime
        .equ    MTI, 1 << 7

main:   la      a0, on_trap
        call    catch
        li      s0, 0                   # ticks so far; the handler counts
        li      t0, MTIME
        ld      s1, 0(t0)
        call    next
        li      t0, MTI
        csrw    mie, t0
        csrsi   mstatus, 8
1:      wfi
        li      t0, 4
        bltu    s0, t0, 1b
        li      t0, 8
2:      addi    s2, s2, 1               # never yields
        bltu    s0, t0, 2b

                                        # 3 periods pass while nobody listens
        li      t0, MTIME
        li      t1, 3 * PERIOD
        add     s1, s1, t1
3:      li      t1, 100                 # (a look at the clock now and then)
4:      addi    t1, t1, -1
        bnez    t1, 4b
        ld      t1, 0(t0)
        bltu    t1, s1, 3b
        csrr    s3, mip
        andi    a1, s3, MTI
        la      a0, pending
        call    putline
        csrsi   mstatus, 8              # the one tick comes here
        csrci   mstatus, 8
        mv      a1, s0
        la      a0, ticks
        call    putline

        li      t0, MTIMECMP
        sd      zero, 0(t0)             # due at once
        csrr    s3, mip
        li      t1, -1
        sd      t1, 0(t0)               # and never mind
        csrr    s4, mip
        andi    a1, s3, MTI
        la      a0, pending
        call    putline
        andi    a1, s4, MTI
        la      a0, pending
        call    putline
        call    finish

# Set the timer a period after it was due, so that no time is lost. Changes t0.
next:   li      t0, PERIOD
        add     s1, s1, t0
        li      t0, MTIMECMP
        sd      s1, 0(t0)
        ret

on_trap:
        addi    sp, sp, -16
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        li      t0, 1 << 63 | 7
        bne     a0, t0, unexpected
        addi    s0, s0, 1
        mv      a1, s0
        la      a0, tick
        call    putline
        li      t0, 8
        bne     s0, t0, 1f
        li      t0, 1 << 7              # the eighth masks what it returns to: MPIE
        csrc    mstatus, t0
1:      call    next
        li      t0, 8
        bleu    s0, t0, 2f
        li      t0, MTIMECMP            # the ninth is the last
        li      t1, -1
        sd      t1, 0(t0)
2:      ld      a0, 8(sp)
        ld      ra, 0(sp)
        addi    sp, sp, 16
        ret
unexpected:
        mv      a1, a0
        la      a0, bad
        call    putline
        li      a0, 1
        call    fail

tick:   .asciz  "tick"
pending: .asciz "pending"
ticks:  .asciz  "ticks"
bad:    .asciz  "unexpected trap"
