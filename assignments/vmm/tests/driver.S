# A driver for the virtio disk in slot 0, for guests that have one; it stands behind lib.S. One
# request at a time, addresses are physical.

        .equ    READ, 0                 # types of requests
        .equ    WRITE, 1
        .equ    FLUSH, 4
        .equ    ENTRIES, 8              # in the queue
        .equ    NEXT, 1                 # flags of a descriptor
        .equ    DEVICE_WRITES, 2

# Set the disk up. Returns its sectors in a0; 0 if there is none that this driver knows.
disk_start:
        li      t0, VIRTIO
        li      a0, 0
        lw      t1, 0x000(t0)           # "virt"
        li      t2, 0x74726976
        bne     t1, t2, 1f
        lw      t1, 0x004(t0)           # version 2, device 2
        lw      t2, 0x008(t0)
        bne     t1, t2, 1f
        li      t1, 2
        bne     t1, t2, 1f
        sw      zero, 0x070(t0)         # reset
        li      t1, 3                   # acknowledge, driver
        sw      t1, 0x070(t0)
        sw      zero, 0x024(t0)         # features: flush
        li      t1, 1 << 9
        sw      t1, 0x020(t0)
        li      t1, 1                   # and VERSION_1
        sw      t1, 0x024(t0)
        sw      t1, 0x020(t0)
        li      t1, 11                  # features ok
        sw      t1, 0x070(t0)
        lw      t1, 0x070(t0)
        andi    t1, t1, 8
        beqz    t1, 1f
        sw      zero, 0x030(t0)         # queue 0
        li      t1, ENTRIES
        sw      t1, 0x038(t0)
        la      t1, descriptors
        sw      t1, 0x080(t0)
        sw      zero, 0x084(t0)
        la      t1, available
        sw      t1, 0x090(t0)
        sw      zero, 0x094(t0)
        la      t1, used
        sw      t1, 0x0a0(t0)
        sw      zero, 0x0a4(t0)
        li      t1, 1
        sw      t1, 0x044(t0)
        li      t1, 15                  # driver ok
        sw      t1, 0x070(t0)
        lw      a0, 0x100(t0)
1:      ret

# Ask for request a0 at sector a1, with a3 bytes at address a2; with no data if a3 is 0.
disk_submit:
        la      t0, header
        sw      a0, 0(t0)
        sw      zero, 4(t0)
        sd      a1, 8(t0)
        la      t1, descriptors
        sd      t0, 0(t1)               # 0: the header
        li      t2, 16
        sw      t2, 8(t1)
        li      t2, NEXT
        sh      t2, 12(t1)
        snez    t2, a3                  # 1 or 2 is next
        xori    t2, t2, 1
        addi    t2, t2, 1
        sh      t2, 14(t1)
        sd      a2, 16(t1)              # 1: the data
        sw      a3, 24(t1)
        li      t2, NEXT
        li      t0, WRITE
        beq     a0, t0, 1f
        li      t2, NEXT | DEVICE_WRITES
1:      sh      t2, 28(t1)
        li      t2, 2
        sh      t2, 30(t1)
        la      t0, status              # 2: the status
        li      t2, 0xee
        sb      t2, 0(t0)
        sd      t0, 32(t1)
        li      t2, 1
        sw      t2, 40(t1)
        li      t2, DEVICE_WRITES
        sh      t2, 44(t1)
        la      t0, available
        lhu     t1, 2(t0)
        andi    t2, t1, ENTRIES - 1
        slli    t2, t2, 1
        add     t2, t2, t0
        sh      zero, 4(t2)             # its chain begins at descriptor 0
        addi    t1, t1, 1
        fence
        sh      t1, 2(t0)
        fence
        li      t0, VIRTIO
        sw      zero, 0x050(t0)         # notify
        ret

# Return in a0 whether the request is still under way.
disk_busy:
        la      t0, available
        lhu     t0, 2(t0)
        la      t1, used
        lhu     t1, 2(t1)
        xor     a0, t0, t1
        snez    a0, a0
        ret

# Await the request without interrupts; return its status in a0.
disk_wait:
        mv      t3, ra
1:      call    disk_busy
        bnez    a0, 1b
        fence
        la      t0, status
        lbu     a0, 0(t0)
        jr      t3

        .balign 16
descriptors:    .zero 16 * ENTRIES
available:      .zero 4 + 2 * ENTRIES
        .balign 16
used:           .zero 4 + 8 * ENTRIES
        .balign 16
header:         .zero 16
status:         .zero 8

