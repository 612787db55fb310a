# Points the disk's queue at nothing, in every way; after each the device says what it thinks, and
# must work again once it has been reset. Needs a disk of two sectors.

        .equ    NOTHING, 0x90000000

main:   la      a0, on_trap
        call    catch
        li      s0, 0
1:      call    disk_start
        beqz    a0, none
        slli    t0, s0, 3
        la      t1, cases
        add     t0, t0, t1
        ld      t0, 0(t0)
        beqz    t0, 2f
        jalr    t0
        li      t1, VIRTIO
        lw      s1, 0x070(t1)           # status: NEEDS_RESET is 64
        andi    s1, s1, 64
        mv      a0, s0
        call    puthex
        mv      a0, s1
        call    puthex
        call    newline
        li      t1, VIRTIO
        sw      zero, 0x070(t1)         # reset
        la      t0, available
        sd      zero, 0(t0)
        sd      zero, 8(t0)
        la      t0, used
        sd      zero, 0(t0)
        addi    s0, s0, 1
        j       1b

2:      li      a0, READ                # and now it works
        li      a1, 1
        la      a2, data
        li      a3, 512
        call    disk_submit
        call    disk_wait
        mv      a1, a0
        la      a0, answer
        call    putline
        ld      a1, data
        la      a0, answer
        call    putline
        call    finish
none:   li      a0, 1
        call    fail

# Notify the device of one request, whose chain begins at descriptor t3.
kick:   la      t0, available
        sh      t3, 4(t0)
        li      t1, 1
        fence
        sh      t1, 2(t0)
        fence
        li      t0, VIRTIO
        sw      zero, 0x050(t0)
        ret

# Have register t1 of the queue (an offset) hold address a0 instead. The device looks at the
# addresses when the queue gets ready.
place:  li      t0, VIRTIO
        sw      zero, 0x044(t0)         # not ready
        add     t1, t1, t0
        sw      a0, 0(t1)
        srli    a0, a0, 32
        sw      a0, 4(t1)
        li      t1, 1
        sw      t1, 0x044(t0)
        ret

table_nowhere:
        mv      s11, ra
        li      a0, NOTHING
        li      t1, 0x080
        j       1f
rings_nowhere:
        mv      s11, ra
        li      a0, NOTHING
        li      t1, 0x090
        j       1f
used_nowhere:
        mv      s11, ra
        li      a0, NOTHING
        li      t1, 0x0a0
        j       1f
table_wraps:
        mv      s11, ra
        li      a0, -16
        li      t1, 0x080
        j       1f
table_in_device:
        mv      s11, ra
        li      a0, VIRTIO
        li      t1, 0x080
1:      call    place
        li      t3, 0
        call    kick
        jr      s11
head_outside:
        mv      s11, ra
        li      t3, ENTRIES
        call    kick
        jr      s11
circle:                                 # descriptor 0 is followed by itself
        mv      s11, ra
        la      t0, descriptors
        la      t1, header
        sd      t1, 0(t0)
        li      t1, NEXT << 32 | 16
        sd      t1, 8(t0)
        li      t3, 0
        call    kick
        jr      s11
next_outside:
        mv      s11, ra
        la      t0, descriptors
        la      t1, header
        sd      t1, 0(t0)
        li      t1, ENTRIES << 48 | NEXT << 32 | 16
        sd      t1, 8(t0)
        li      t3, 0
        call    kick
        jr      s11
header_nowhere:
        mv      s11, ra
        la      t0, descriptors
        li      t1, NOTHING
        sd      t1, 0(t0)
        li      t1, 1 << 48 | NEXT << 32 | 16
        sd      t1, 8(t0)
        la      t1, status
        sd      t1, 16(t0)
        li      t1, DEVICE_WRITES << 32 | 1
        sd      t1, 24(t0)
        li      t3, 0
        call    kick
        jr      s11
jump:                                   # more requests than the queue is long
        mv      s11, ra
        la      t0, available
        li      t1, 1000
        sh      t1, 2(t0)
        li      t0, VIRTIO
        sw      zero, 0x050(t0)
        jr      s11

on_trap:                                # no trap has a reason here
        mv      a1, a0
        la      a0, unexpected
        call    putline
        li      a0, 2
        call    fail

answer: .asciz  "answer"
unexpected: .asciz "trap"
        .balign 8
cases:  .dword  table_nowhere, rings_nowhere, used_nowhere, table_wraps, table_in_device
        .dword  head_outside, circle, next_outside, header_nowhere, jump, 0
data:   .zero   512
