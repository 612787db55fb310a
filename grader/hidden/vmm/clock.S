# What time it is. Not for QEMU: there mtime is the wall's, here it is what the guest has retired,
# and what it has waited for. Every line tells times exactly, so a VMM must not lose a tick.

        .equ    MTI, 1 << 7

main:   la      a0, on_trap
        call    catch
        li      s1, MTIME
        li      s2, MTIMECMP
        ld      s3, 0(s1)               # the same clock, seen twice, and instructions
        rdtime  s4
        csrr    s5, minstret
        csrr    s6, mcycle
        ld      s7, 0(s1)
        mv      s10, s3
        sub     a1, s4, s3
        call    show
        sub     a1, s5, s3
        call    show
        sub     a1, s6, s3
        call    show
        sub     a1, s7, s3
        call    show
        call    newline

        li      t0, MTI
        csrw    mie, t0
        li      s8, 0                   # in `wfi`, it stands at the timer when that wakes it
1:      ld      t0, 0(s1)
        slli    t1, s8, 9
        addi    t1, t1, 40
        add     s3, t0, t1
        sd      s3, 0(s2)
        wfi
        ld      s4, 0(s1)
        csrr    s5, mip
        sub     a1, s4, s3
        call    show
        andi    a1, s5, MTI
        call    show
        addi    s8, s8, 1
        li      t0, 4
        bltu    s8, t0, 1b
        csrr    s5, minstret            # waiting is no instruction, but cycles
        csrr    s6, mcycle
        rdtime  s7
        sub     a1, s7, s5
        call    show
        sub     a1, s6, s5
        call    show
        call    newline

        li      s8, 0                   # in a loop it comes at the very instruction
2:      ld      t0, 0(s1)
        slli    t1, s8, 8
        addi    t1, t1, 30
        add     s3, t0, t1
        sd      s3, 0(s2)
        li      s9, 0
        csrsi   mstatus, 8
3:      addi    s9, s9, 1
        bgez    s9, 3b                  # the handler makes it negative
        addi    s8, s8, 1
        li      t0, 6
        bltu    s8, t0, 2b
        call    newline

        li      s8, 0                   # behind an emulated instruction, too
4:      ld      t0, 0(s1)
        addi    t1, s8, 12
        add     s3, t0, t1
        sd      s3, 0(s2)
        li      s9, 0
        csrsi   mstatus, 8
5:      csrr    t2, mscratch
        addi    s9, s9, 1
        csrr    t2, mscratch
        bgez    s9, 5b
        addi    s8, s8, 1
        li      t0, 6
        bltu    s8, t0, 4b
        call    newline

        li      s3, 1000                # a counter has what it was given, however
        li      s4, 8
        csrw    minstret, s3
        csrr    a1, minstret
        call    show
        csrw    minstret, s3
        csrs    minstret, s4            # also if that is what it had
        csrr    a1, minstret
        call    show
        csrw    mcycle, s3
        csrci   mcycle, 31
        csrrwi  a1, mcycle, 7
        csrr    s5, mcycle
        csrrs   s6, mcycle, zero
        call    show
        mv      a1, s5
        call    show
        mv      a1, s6
        call    show
        csrwi   mcountinhibit, 5        # or if it stands still
        csrw    minstret, s3
        csrw    mcycle, s4
        csrr    a1, minstret
        call    show
        csrr    a1, mcycle
        call    show
        csrwi   mcountinhibit, 0
        call    newline

        ld      a1, 0(s1)               # all in all
        sub     a1, a1, s10
        call    show
        call    newline
        call    finish

show:   mv      s11, ra
        mv      a0, a1
        call    puthex
        jr      s11

# Print how late it is, how far the loop came, and where it was; then end the loop.
on_trap:
        ld      s4, 0(s1)
        addi    sp, sp, -16
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sub     a0, s4, s3
        call    puthex
        mv      a0, s9
        call    puthex
        ld      a0, 8(sp)
        la      t0, main
        sub     a0, a0, t0
        call    puthex
        li      s9, -100
        slli    s9, s9, 8
        li      t0, -1
        sd      t0, 0(s2)
        li      t0, 1 << 7              # and mask what comes
        csrc    mstatus, t0
        ld      a0, 8(sp)
        ld      ra, 0(sp)
        addi    sp, sp, 16
        ret
