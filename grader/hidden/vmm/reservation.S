# Load-reserved and store-conditional while the hart is interrupted, and while it is taken away.
# Whether an SC may succeed at all is the hart's choice; whether it may not, is not.

        .equ    MTI, 1 << 7
        .equ    ROUNDS, 200

main:   la      a0, on_trap
        call    catch
        la      s0, cell
        la      s1, other

        sc.w    s2, zero, (s0)          # nothing is reserved
        call    failed
        lr.d    t0, (s0)
        sc.d    s2, zero, (s1)          # something else is reserved
        call    failed
        lr.d    t0, (s0)
        sc.d    s2, zero, (s1)
        sc.d    s2, zero, (s0)          # an SC took the reservation away
        call    failed
        lr.d    t0, (s0)
        ecall                           # the handler has an SC
        sc.d    s2, t0, (s0)
        call    failed

        # Count up atomically while ticks come at odd moments, whose handler does so too.
        li      t0, MTI
        csrw    mie, t0
        call    next
        csrsi   mstatus, 8
        li      s3, ROUNDS
1:      lr.d    t0, (s0)
        addi    t0, t0, 1
        sc.d    t1, t0, (s0)
        bnez    t1, 1b
        lr.w    t0, (s1)
        addi    t0, t0, 3
        sc.w    t1, t0, (s1)
        bnez    t1, .-12
        addi    s3, s3, -1
        bnez    s3, 1b
        li      t0, 10                  # and until there were ten ticks
2:      bltu    s4, t0, 2b
        csrci   mstatus, 8
        ld      a1, 0(s0)
        sub     a1, a1, s4              # each tick has counted, too
        la      a0, counted
        call    putline
        ld      a1, 0(s1)
        la      a0, counted
        call    putline

        # Long between LR and SC: it may fail, but memory is then as it was; a short one succeeds.
        lr.d    t0, (s0)
        li      t1, 5000
3:      addi    t1, t1, -1
        bnez    t1, 3b
        addi    t2, t0, 100
        sc.d    s2, t2, (s0)
        ld      t3, 0(s0)
        beqz    s2, 4f
        mv      t2, t0
4:      sub     a1, t3, t2              # 0: exactly if it succeeded it is written
        la      a0, long
        call    putline
        li      s3, 1000
5:      lr.d    t0, (s0)
        li      t1, -7
        sc.d    s2, t1, (s0)
        beqz    s2, 6f
        addi    s3, s3, -1
        bnez    s3, 5b
6:      la      a0, short
        mv      a1, s2
        call    putline
        lw      a1, 0(s0)
        la      a0, short
        call    putline
        call    finish

# Print whether the SC has failed, by s2.
failed: mv      s11, ra
        snez    a1, s2
        la      a0, fails
        call    putline
        jr      s11

next:   li      t0, MTIME
        ld      t1, 0(t0)
        addi    t1, t1, 331
        li      t0, MTIMECMP
        sd      t1, 0(t0)
        ret

on_trap:
        mv      t3, ra
        bltz    a0, tick
        lr.w    t0, (s1)                # ends what was reserved
        sc.w    t1, t0, (s1)
        addi    a0, a1, 4
        jr      t3
tick:   lr.d    t0, (s0)
        addi    t0, t0, 1
        sc.d    t1, t0, (s0)
        bnez    t1, tick
        addi    s4, s4, 1
        call    next
        mv      a0, a1
        jr      t3

fails:  .asciz  "failed"
counted: .asciz "counted"
long:   .asciz  "long"
short:  .asciz  "short"
        .balign 8
cell:   .dword  0
other:  .dword  0
