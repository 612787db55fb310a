# A kernel that keeps a file system of a kind on the virtio disk in slot 0: sector 0 says how often it
# has booted, and after it come as many sectors as boots, each full of the boot's number.

    .equ UART, 0x10000000
    .equ FINISHER, 0x00100000
    .equ VIRTIO, 0x10001000
    .equ SIZE, 8                    # descriptors in the queue
    .equ MAGIC, 0x6b736964          # "disk"

_start:
    la      sp, stack
    call    setup
    li      a0, 0                   # read sector 0
    li      a1, 0
    call    request
    la      s1, data
    lw      t0, 0(s1)
    li      t1, MAGIC
    beq     t0, t1, booted
    la      a0, formats
    call    puts
    li      t0, MAGIC
    sw      t0, 0(s1)
    sw      zero, 4(s1)
booted:
    lw      s2, 4(s1)               # boots before this one
    li      s3, 1
look:                               # what they wrote must be there
    bgt     s3, s2, looked
    li      a0, 0
    mv      a1, s3
    call    request
    li      t0, 512
    la      t1, data
1:  lbu     t2, 0(t1)
    bne     t2, s3, wrong
    addi    t1, t1, 1
    addi    t0, t0, -1
    bnez    t0, 1b
    addi    s3, s3, 1
    j       look
looked:
    addi    s2, s2, 1
    li      t0, 512                 # write this boot's sector
    la      t1, data
1:  sb      s2, 0(t1)
    addi    t1, t1, 1
    addi    t0, t0, -1
    bnez    t0, 1b
    li      a0, 1
    mv      a1, s2
    call    request
    li      a0, 4                   # flush, so that it is there before sector 0 tells of it
    call    request
    la      s1, data
    li      t0, MAGIC
    sw      t0, 0(s1)
    sw      s2, 4(s1)
    li      a0, 1
    li      a1, 0
    call    request
    li      a0, 4
    call    request
    la      a0, boot
    call    puts
    addi    a0, s2, '0'
    call    putc
    li      a0, '\n'
    call    putc
    li      t0, FINISHER
    li      t1, 0x5555
    sw      t1, 0(t0)
1:  j       1b
wrong:
    la      a0, bad
    call    puts
    li      t0, FINISHER
    li      t1, 0x13333
    sw      t1, 0(t0)
1:  j       1b

# The driver. It polls: there is one request at a time.
setup:
    li      s0, VIRTIO
    sw      zero, 0x070(s0)         # reset
    li      t1, 3                   # acknowledge, driver
    sw      t1, 0x070(s0)
    sw      zero, 0x024(s0)         # features: flush
    li      t1, 1 << 9
    sw      t1, 0x020(s0)
    li      t1, 1                   # and VERSION_1
    sw      t1, 0x024(s0)
    sw      t1, 0x020(s0)
    li      t1, 11                  # features ok
    sw      t1, 0x070(s0)
    sw      zero, 0x030(s0)         # queue 0
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
    li      t1, 15                  # driver ok
    sw      t1, 0x070(s0)
    ret

request:                            # a0: type, a1: sector; moves 512 bytes of `data`, or none
    la      t0, header
    sw      a0, 0(t0)
    sw      zero, 4(t0)
    sd      a1, 8(t0)
    la      t1, table
    sd      t0, 0(t1)               # descriptor 0: the header
    li      t2, 16
    sw      t2, 8(t1)
    li      t2, 1                   # NEXT
    sh      t2, 12(t1)
    li      t3, 1
    li      t2, 4
    bne     a0, t2, 1f
    li      t3, 2                   # a flush has no data
1:  sh      t3, 14(t1)
    la      t0, data
    sd      t0, 16(t1)              # descriptor 1: the data
    li      t2, 512
    sw      t2, 24(t1)
    li      t2, 3                   # NEXT and WRITE
    beqz    a0, 1f
    li      t2, 1
1:  sh      t2, 28(t1)
    li      t2, 2
    sh      t2, 30(t1)
    la      t0, state
    li      t2, 0xee
    sb      t2, 0(t0)
    sd      t0, 32(t1)              # descriptor 2: the status
    li      t2, 1
    sw      t2, 40(t1)
    li      t2, 2                   # WRITE
    sh      t2, 44(t1)
    la      t0, available
    lhu     t1, 2(t0)
    andi    t2, t1, SIZE - 1
    slli    t2, t2, 1
    add     t2, t2, t0
    sh      zero, 4(t2)
    addi    t1, t1, 1
    fence
    sh      t1, 2(t0)
    sw      zero, 0x050(s0)         # notify
    slli    t1, t1, 48
    srli    t1, t1, 48
    la      t0, used
1:  lhu     t2, 2(t0)
    bne     t2, t1, 1b
    la      t0, state
    lbu     t0, 0(t0)
    bnez    t0, wrong
    ret

puts:
    lbu     t1, 0(a0)
    beqz    t1, 1f
    li      t0, UART
    sb      t1, 0(t0)
    addi    a0, a0, 1
    j       puts
1:  ret

putc:
    li      t0, UART
    sb      a0, 0(t0)
    ret

formats: .asciz "no file system: the disk is formatted\n"
boot:    .asciz "boot "
bad:     .asciz "the disk holds something else\n"

    .balign 4096
table:     .zero 16 * SIZE
available: .zero 32
    .balign 16
used:      .zero 128
header:    .zero 16
data:      .zero 512
state:     .zero 8
    .zero   1024
stack:
