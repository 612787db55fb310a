# Changes page tables that are in use by every kind of store there is, through another address, and
# by the disk; and code by the disk. After each change and a fence it looks what page 0 of the
# window is: it prints the page's first word, or cause and trap value. Needs a disk of 24 sectors.

        .equ    WINDOW, 0x40000000
        .equ    RW, 0xc7                # V R W A D
        .equ    ALIAS, WINDOW + 7 * 4096

main:   la      a0, on_trap
        call    catch
        call    disk_start
        la      s0, root
        li      t0, RW
        sd      t0, 0(s0)
        li      t0, RAM >> 2 | 0xcf
        sd      t0, 16(s0)
        la      t0, middle
        srli    t0, t0, 2
        ori     t0, t0, 1
        sd      t0, 8(s0)
        la      t1, middle
        la      s1, leaves
        srli    t0, s1, 2
        ori     t0, t0, 1
        sd      t0, 0(t1)
        srli    t0, s1, 2
        ori     t0, t0, RW
        sd      t0, 7 * 8(s1)           # the table itself is page 7
        la      s2, pages               # s3 to s6: PTEs of pages a, b, c, d
        srli    s3, s2, 2
        ori     s3, s3, RW
        addi    s4, s3, 0x400
        addi    s5, s4, 0x400
        addi    s6, s5, 0x400
        sd      s3, 0(s1)
        sd      s3, 8(s1)
        srli    t0, s0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      t0, kernel
        csrw    mepc, t0
        mret

kernel: li      s7, WINDOW
        la      a0, stores
        call    puts
        call    look                    # a
        sd      s4, 0(s1)
        call    look                    # b
        sw      s5, 0(s1)
        call    look                    # c
        sb      zero, 0(s1)             # not valid
        call    look
        sb      s5, 0(s1)
        call    look                    # c
        sh      s6, 0(s1)
        call    look                    # d: the number's low bits are in here, too
        mv      a4, s1
        mv      a5, s3
        li      a3, 5
        c.sd    a5, 0(a4)               # 2 bytes long
        c.addi  a3, 1
        mv      a0, a3
        call    puthex
        call    look                    # a
        srli    t0, s4, 32              # half a PTE behind half a word of data
        slli    t1, s4, 32
        or      t0, t0, t1
        sd      t0, -4(s1)
        call    look                    # b
        sw      s5, 8(s1)               # half of the next one with the upper half of this
        slli    t0, s6, 32
        sd      t0, 4(s1)
        li      s7, WINDOW + 0x1000
        call    look                    # d
        li      s7, WINDOW
        call    look                    # b
        call    newline

        la      a0, atomics
        call    puts
        amoswap.d a0, s5, (s1)
        sub     a0, a0, s4              # 0: what was there
        call    puthex
        call    look                    # c
        li      t1, ~4
        amoand.d a0, t1, (s1)           # without W
        sub     a0, a0, s5
        call    puthex
        sfence.vma
        sd      zero, 8(s7)             # faults
        li      t1, 4
        amoor.w a0, t1, (s1)
        sub     a0, a0, s5
        addi    a0, a0, 4
        call    puthex
        sfence.vma
        sd      zero, 8(s7)
        li      t1, -0x400
        amoadd.d zero, t1, (s1)
        call    look                    # b
1:      lr.d    t0, (s1)
        addi    t0, t0, 0x400
        sc.d    t1, t0, (s1)            # may fail, but not for ever
        bnez    t1, 1b
        call    look                    # c
1:      lr.w    t0, (s1)
        addi    t0, t0, 0x400
        sc.w    t1, t0, (s1)
        bnez    t1, 1b
        call    look                    # d
        ld      a0, 0(s1)
        sub     a0, a0, s6
        call    puthex
        call    newline

        la      a0, others
        call    puts
        li      a5, ALIAS               # the table at its other address
        sd      s3, 0(a5)
        call    look                    # a
        sb      zero, 0(a5)
        call    look
        ld      a0, 0(a5)
        sub     a0, s3, a0              # what has gone
        call    puthex
        sd      s4, 0(a5)
        call    look                    # b
        la      t0, middle              # another table of the last level
        la      t1, spare
        sd      s6, 0(t1)
        srli    t1, t1, 2
        ori     t1, t1, 1
        ld      s8, 0(t0)
        sd      t1, 0(t0)
        sfence.vma                      # not only a leaf has changed
        call    look                    # d
        la      t1, spare
        sd      s3, 0(t1)
        call    look                    # a
        la      t0, middle
        sd      s8, 0(t0)
        sfence.vma
        la      t1, spare               # and this one is data again
        sd      s6, 0(t1)
        call    look                    # b
        call    newline

        la      a0, disk
        call    puts
        la      t1, spare               # sectors 8 to 15: a table with page c
        sd      s5, 0(t1)
        li      a0, WRITE
        li      a1, 8
        la      a2, spare
        call    transfer
        li      a0, READ
        li      a1, 8
        la      a2, leaves
        call    transfer
        call    look                    # c
        la      s9, code                # sectors 16 to 23: a function that returns 7
        jalr    s9                      # 5
        call    puthex
        la      t0, spare
        li      t1, 0x00700513          # li a0, 7
        sw      t1, 0(t0)
        li      t1, 0x00008067          # ret
        sw      t1, 4(t0)
        li      a0, WRITE
        li      a1, 16
        la      a2, spare
        call    transfer
        li      a0, READ
        li      a1, 16
        la      a2, code
        call    transfer
        fence.i
        jalr    s9
        call    puthex
        call    newline
        call    finish

# Print what page s7 is now.
look:   mv      s11, ra
        sfence.vma s7, zero
        li      a0, 0
        ld      a0, 0(s7)
        beqz    a0, 1f                  # it has trapped, and that has been printed
        call    puthex
1:      jr      s11

transfer:
        mv      s11, ra
        li      a3, 4096
        call    disk_submit
        call    disk_wait
        bnez    a0, 1f
        jr      s11
1:      li      a0, 2
        call    fail

on_trap:
        addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
        call    puthex
        ld      a0, 16(sp)
        call    puthex
        ld      a0, 8(sp)
        addi    a0, a0, 4
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret

stores: .asciz  "stores"
atomics: .asciz "atomics"
others: .asciz  "others"
disk:   .asciz  "disk"
        .balign 4096
pages:  .dword  0xa
        .zero   4088
        .dword  0xb
        .zero   4088
        .dword  0xc
        .zero   4088
        .dword  0xd
        .zero   4088
code:   li      a0, 5
        ret
        .zero   4088
root:   .zero   4096
middle: .zero   4096
spare:  .zero   4096
before: .zero   4096                    # data, right before a table
leaves: .zero   4096
