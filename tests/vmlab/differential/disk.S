# Drives the virtio disk in slot 0: reads, writes, flushes, and asks for what cannot be done.

    .equ VIRTIO, 0x10001000
    .equ SIZE, 8                    # descriptors in the queue

_start:
    la      sp, stack
    li      s0, VIRTIO
    lw      a0, 0x000(s0)           # magic, version, device id, vendor
    call    puthex
    lw      a0, 0x004(s0)
    call    puthex
    lw      a0, 0x008(s0)
    call    puthex
    lw      a0, 0x00c(s0)
    call    puthex
    call    newline

    sw      zero, 0x070(s0)         # reset
    li      t1, 3                   # acknowledge, driver
    sw      t1, 0x070(s0)
    sw      zero, 0x014(s0)         # of the low features: flush, indirect descriptors
    lw      t1, 0x010(s0)
    li      t0, 1 << 28 | 1 << 9
    and     a0, t1, t0
    sw      zero, 0x024(s0)
    sw      a0, 0x020(s0)
    call    puthex
    li      t1, 1                   # of the high ones: VERSION_1
    sw      t1, 0x014(s0)
    sw      t1, 0x024(s0)
    lw      a0, 0x010(s0)
    andi    a0, a0, 1
    sw      a0, 0x020(s0)
    call    puthex
    li      t1, 11                  # features ok
    sw      t1, 0x070(s0)
    lw      a0, 0x070(s0)
    call    puthex
    lw      a0, 0x100(s0)           # capacity
    call    puthex
    lw      a0, 0x114(s0)           # blk_size
    call    puthex
    lhu     a0, 0x100(s0)
    call    puthex
    lbu     a0, 0x101(s0)
    call    puthex
    call    newline

    sw      zero, 0x030(s0)         # the queue
    lw      a0, 0x044(s0)
    call    puthex
    li      t1, SIZE
    sw      t1, 0x038(s0)
    la      t1, table
    sw      t1, 0x080(s0)
    sw      zero, 0x084(s0)
    la      t1, available
    sw      t1, 0x090(s0)
    sw      zero, 0x094(s0)
    la      t1, used
    sw      t1, 0x0a0(s0)
    sw      zero, 0x0a4(s0)
    li      t1, 1
    sw      t1, 0x044(s0)
    lw      a0, 0x044(s0)
    call    puthex
    li      t1, 15                  # driver ok
    sw      t1, 0x070(s0)
    lw      a0, 0x070(s0)
    call    puthex
    li      t0, PLIC                # source 1, for M
    li      t1, 1
    sw      t1, 4(t0)
    li      t0, PLIC + 0x2000
    li      t1, 2
    sw      t1, 0(t0)
    li      t0, PLIC + 0x200000
    sw      zero, 0(t0)
    call    newline

    # The kernel's requests: type, sector, bytes, flag WRITE of the data.
    li      s3, 10                  # more than fit into the rings at once
again:
    li      a0, 0
    mv      a1, s3
    li      a2, 512
    li      a3, 2
    call    request
    addi    s3, s3, -1
    bgez    s3, again
    la      a0, data                # the first words of sector 0
    ld      a0, 0(a0)
    call    puthex
    call    newline

    la      a0, data                # write sectors 3 and 4
    li      t0, 128
    li      t1, 0x01234567
1:  sw      t1, 0(a0)
    sw      t0, 512(a0)
    add     t1, t1, t0
    addi    a0, a0, 4
    addi    t0, t0, -1
    bnez    t0, 1b
    li      a0, 1
    li      a1, 3
    li      a2, 1024
    li      a3, 0
    call    request
    li      a0, 4                   # flush, without data
    li      a1, 0
    li      a2, 0
    li      a3, 0
    call    request
    li      a0, 0                   # read them back, and what is before and behind
    li      a1, 2
    li      a2, 2048
    li      a3, 2
    call    request
    la      a0, data
    call    sum
    li      a0, 0                   # behind the end, and across it
    li      a1, 64
    li      a2, 512
    li      a3, 2
    call    request
    li      a0, 0
    li      a1, 63
    li      a2, 1024
    li      a3, 2
    call    request
    li      a0, 1
    li      a1, 63
    li      a2, 1024
    li      a3, 0
    call    request
    li      a0, 0                   # not whole sectors
    li      a1, 0
    li      a2, 100
    li      a3, 2
    call    request
    li      a0, 99                  # no such request
    li      a1, 0
    li      a2, 512
    li      a3, 2
    call    request

    # The same through an indirect table.
    la      t0, table
    la      t1, indirect
    li      t2, 48
copy:
    add     a0, t0, t2
    ld      a0, -8(a0)
    add     a1, t1, t2
    sd      a0, -8(a1)
    addi    t2, t2, -8
    bnez    t2, copy
    sd      t1, 0(t0)               # address of the table
    li      t1, 4 << 32 | 48        # INDIRECT, three descriptors
    sd      t1, 8(t0)
    la      t0, header
    sw      zero, 0(t0)
    li      t1, 3
    sd      t1, 8(t0)
    call    submit
    la      a0, data
    ld      a0, 0(a0)
    call    puthex
    call    newline

    # A chain that runs in a circle: the device must give up.
    la      t0, table
    la      t1, header
    sd      t1, 0(t0)
    li      t1, 1 << 32 | 16        # NEXT, and the next is the first
    sd      t1, 8(t0)
    call    publish
1:  lw      a0, 0x070(s0)
    andi    t0, a0, 64
    beqz    t0, 1b
    call    puthex
    sw      zero, 0x070(s0)
    lw      a0, 0x070(s0)
    call    puthex
    lw      a0, 0x044(s0)
    call    puthex
    call    newline
    call    finish

# Make a request and print what became of it. a0: type, a1: sector, a2: bytes, a3: flag.
request:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    la      t0, header
    sw      a0, 0(t0)
    sw      zero, 4(t0)
    sd      a1, 8(t0)
    la      t1, table
    sd      t0, 0(t1)               # header
    li      t0, 1 << 48 | 1 << 32 | 16
    sd      t0, 8(t1)
    la      t0, data                # data
    sd      t0, 16(t1)
    ori     a3, a3, 1
    slli    a3, a3, 32
    or      a3, a3, a2
    li      t0, 2 << 48
    or      a3, a3, t0
    sd      a3, 24(t1)
    la      t0, status              # status
    sd      t0, 32(t1)
    li      t0, 2 << 32 | 1
    sd      t0, 40(t1)
    bnez    a2, 1f
    li      t0, 2 << 48 | 1 << 32 | 16
    sd      t0, 8(t1)               # no data: go on with the status
1:  call    submit
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

# Hand in the chain at descriptor 0, wait for its end, print it.
submit:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    la      t0, status
    li      t1, 0xff
    sb      t1, 0(t0)
    call    publish
1:  lw      a0, 0x060(s0)           # interrupt status
    beqz    a0, 1b
    call    puthex
    li      t0, PLIC + 0x200004
    lw      s2, 0(t0)               # claim
    mv      a0, s2
    call    puthex
    li      t1, 3
    sw      t1, 0x064(s0)           # acknowledge
    li      t0, PLIC + 0x200004
    sw      s2, 0(t0)               # complete
    lw      a0, 0x060(s0)
    call    puthex
    la      t0, status
    lbu     a0, 0(t0)
    call    puthex
    la      t0, used
    lhu     a0, 2(t0)               # used index
    call    puthex
    call    newline
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

publish:
    la      t0, available
    lhu     t1, 2(t0)
    andi    t2, t1, SIZE - 1
    slli    t2, t2, 1
    add     t2, t2, t0
    sh      zero, 4(t2)             # the chain begins at descriptor 0
    addi    t1, t1, 1
    fence
    sh      t1, 2(t0)
    fence
    sw      zero, 0x050(s0)         # notify
    ret

# Print a checksum of the 2048 bytes at a0.
sum:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    li      t0, 256
    li      t1, 0
1:  ld      t2, 0(a0)
    slli    a1, t1, 7
    srli    t1, t1, 57
    or      t1, t1, a1
    xor     t1, t1, t2
    addi    a0, a0, 8
    addi    t0, t0, -1
    bnez    t0, 1b
    mv      a0, t1
    call    puthex
    call    newline
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

    .align 4
table:      .zero 16 * SIZE
available:  .zero 4 + 2 * SIZE
    .align 4
used:       .zero 4 + 8 * SIZE
    .align 4
indirect:   .zero 48
header:     .zero 16
status:     .zero 1
    .align 4
data:       .zero 2048
