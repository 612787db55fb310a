# Drives the disk: reads sector 0, writes and flushes sectors 1 to 4, reads them back when the
# interrupt says so, and asks for what cannot be done.

        .equ    MEI, 1 << 11
        .equ    BYTES, 2048

main:   la      a0, on_trap
        call    catch
        call    disk_start
        mv      s1, a0
        beqz    s1, none
        mv      a1, a0
        la      a0, sectors
        call    putline

        li      a0, READ
        li      a1, 0
        li      a3, 512
        call    ask
        ld      a1, data
        la      a0, first
        call    putline

        li      s0, WORD                # a pattern that tells WORD and the place
        la      t0, data
        li      t1, BYTES
        add     t1, t1, t0
1:      call    pattern
        sd      s0, 0(t0)
        addi    t0, t0, 8
        bltu    t0, t1, 1b
        li      a0, WRITE
        li      a1, 1
        li      a3, BYTES
        call    ask
        li      a0, FLUSH
        li      a1, 0
        li      a3, 0
        call    ask

        la      t0, data                # read it back
        li      t1, BYTES
        add     t1, t1, t0
2:      sd      zero, 0(t0)
        addi    t0, t0, 8
        bltu    t0, t1, 2b
        li      t0, PLIC
        li      t1, 1
        sw      t1, 4 * DISK_IRQ(t0)    # priority
        li      t0, PLIC + 0x2000
        li      t1, 1 << DISK_IRQ
        sw      t1, 0(t0)               # enabled for the M context
        li      t0, PLIC + 0x200000
        sw      zero, 0(t0)             # threshold
        li      t0, VIRTIO
        li      t1, 3
        sw      t1, 0x064(t0)           # what was polled so far is acknowledged, and forgotten
        li      t0, PLIC + 0x200004
        lw      t1, 0(t0)
        sw      t1, 0(t0)
        li      t0, MEI
        csrw    mie, t0
        li      s2, 0                   # interrupts
        li      a0, READ
        li      a1, 1
        la      a2, data
        li      a3, BYTES
        call    disk_submit
3:      wfi
        csrsi   mstatus, 8              # here it comes
        csrci   mstatus, 8
        beqz    s2, 3b
        csrw    mie, zero
        mv      a1, s2
        la      a0, interrupts
        call    putline
        li      s0, WORD
        la      t0, data
        li      t1, BYTES
        add     t1, t1, t0
4:      call    pattern
        ld      t2, 0(t0)
        bne     t2, s0, wrong
        addi    t0, t0, 8
        bltu    t0, t1, 4b
        mv      a1, s0
        la      a0, verified
        call    putline

        li      a0, READ                # behind the end
        mv      a1, s1
        li      a3, 512
        call    ask
        li      a0, WRITE               # across it
        addi    a1, s1, -1
        li      a3, 1024
        call    ask
        li      a0, 99                  # no such request
        li      a1, 0
        li      a3, 512
        call    ask
        call    finish

# Make a request with the buffer `data`, and print its status.
ask:    addi    sp, sp, -16
        sd      ra, 0(sp)
        la      a2, data
        call    disk_submit
        call    disk_wait
        mv      a1, a0
        la      a0, answer
        call    putline
        ld      ra, 0(sp)
        addi    sp, sp, 16
        ret

# Step s0 on: xorshift. Changes t2.
pattern:
        addi    s0, s0, 1
        slli    t2, s0, 13
        xor     s0, s0, t2
        srli    t2, s0, 7
        xor     s0, s0, t2
        slli    t2, s0, 17
        xor     s0, s0, t2
        ret

on_trap:
        li      t0, 1 << 63 | 11
        bne     a0, t0, wrong
        addi    s2, s2, 1
        li      t0, PLIC + 0x200004
        lw      t1, 0(t0)               # claim
        li      t2, DISK_IRQ
        bne     t1, t2, wrong
        li      t2, VIRTIO
        lw      t3, 0x060(t2)
        sw      t3, 0x064(t2)           # acknowledge
        sw      t1, 0(t0)               # complete
        mv      a0, a1
        ret
wrong:  la      a0, bad
        call    puts
        li      a0, 1
        call    fail
none:   la      a0, missing
        call    puts
        li      a0, 2
        call    fail

sectors: .asciz "sectors"
first:  .asciz  "first word"
answer: .asciz  "status"
interrupts: .asciz "interrupts"
verified: .asciz "verified"
missing: .asciz "no disk\n"
bad:    .asciz  "wrong\n"
        .balign 16
data:   .zero   BYTES
