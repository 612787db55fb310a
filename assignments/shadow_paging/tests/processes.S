# A small kernel with two processes in address spaces of their own.
#
#   firmware   delegates page faults and system calls, and is never called again
#   kernel     superpages for itself; copies on write, pages on demand, gives tables up to be data
#   program    run twice, as processes 1 and 2, in turns
#
# It runs on the machine of vmlab, and under a VMM that shadows its page tables. The kernel keeps
# sp, ra, the t and a registers and s4 to s11 to itself; programs have s0 to s3.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    CODE, 0x40000000        # a program's code; then a page to copy, two on demand

        .equ    POINTER, 0x01
        .equ    KERNEL, 0xcf            # V R W X A D
        .equ    DEVICES, 0xc7           # V R W A D
        .equ    TEXT, 0x5b              # V R X U A
        .equ    COPY, 0x53              # V R U A
        .equ    OWN, 0xd7               # V R W U A D

        .equ    SATP, 0                 # fields of a process
        .equ    PC, 8
        .equ    S0, 16                  # and s1, s2, s3
        .equ    TABLE, 48               # its table of the last level
        .equ    ROOT, 56
        .equ    MIDDLE, 64
        .equ    ALIVE, 72

_start: li      t0, 0xb100
        csrw    medeleg, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      t0, kernel
        csrw    mepc, t0
        mret

kernel: la      t0, trap
        csrw    stvec, t0
        la      a0, pool                # every page of the pool is free
        li      s4, 24
1:      call    free
        li      t0, 4096
        add     a0, a0, t0
        addi    s4, s4, -1
        bnez    s4, 1b
        li      a0, 0
        call    make
        li      a0, 1
        call    make
        la      t0, shared
        li      t1, 'S'
        sd      t1, 8(t0)
        sfence.vma
        j       run

# Make process a0.
make:   mv      s11, ra
        mv      s4, a0
        call    process
        call    alloc
        mv      s6, a0
        sd      a0, ROOT(s5)
        call    alloc
        mv      s7, a0
        sd      a0, MIDDLE(s5)
        call    alloc
        sd      a0, TABLE(s5)
        li      a1, POINTER
        call    pte
        sd      a0, 0(s7)
        mv      a0, s7
        call    pte
        sd      a0, 8(s6)
        li      t0, DEVICES
        sd      t0, 0(s6)
        li      t0, 0x80000000 >> 2 | KERNEL
        sd      t0, 16(s6)
        ld      s7, TABLE(s5)
        la      a0, program
        li      a1, TEXT
        call    pte
        sd      a0, 0(s7)
        la      a0, shared
        li      a1, COPY
        call    pte
        sd      a0, 8(s7)
        li      t0, 8
        slli    t0, t0, 16
        addi    s4, s4, 1
        or      t0, t0, s4              # the ASID
        slli    t0, t0, 44
        srli    t1, s6, 12
        or      t0, t0, t1
        sd      t0, SATP(s5)
        li      t0, CODE
        sd      t0, PC(s5)
        sd      s4, S0(s5)
        sd      s4, ALIVE(s5)
        mv      ra, s11
        ret

# Point s5 at process s4.
process:
        slli    t0, s4, 7
        la      s5, processes
        add     s5, s5, t0
        ret

# Go on with the current process.
run:    ld      s4, current
        call    process
        ld      t0, SATP(s5)
        csrw    satp, t0                # no fence: each has an ASID
        ld      t0, PC(s5)
        csrw    sepc, t0
        ld      s0, S0(s5)
        ld      s1, S0+8(s5)
        ld      s2, S0+16(s5)
        ld      s3, S0+24(s5)
        li      t0, 1 << 8              # SPP = U
        csrc    sstatus, t0
        sret

        .balign 4
trap:   ld      s4, current
        call    process
        csrr    t0, scause
        li      t1, 8
        beq     t0, t1, syscall
        li      t1, 13
        beq     t0, t1, fault
        li      t1, 15
        beq     t0, t1, fault
        j       bad

fault:  csrr    s6, stval
        srli    s7, s6, 12
        andi    s7, s7, 511
        addi    t0, s7, -1
        li      t1, 3
        bgeu    t0, t1, bad             # not one of the pages 1, 2 and 3
        call    alloc
        mv      s8, a0
        li      a0, 'z'
        li      t0, 1
        bne     s7, t0, 2f
        la      t0, shared              # page 1: a copy of what both have read so far
        mv      t1, s8
        li      t2, 512
1:      ld      t3, 0(t0)
        sd      t3, 0(t1)
        addi    t0, t0, 8
        addi    t1, t1, 8
        addi    t2, t2, -1
        bnez    t2, 1b
        li      a0, 'c'
2:      call    put
        mv      a0, s8
        li      a1, OWN
        call    pte
        ld      t0, TABLE(s5)
        slli    t1, s7, 3
        add     t0, t0, t1
        sd      a0, 0(t0)
        addi    t1, s4, 1
        sfence.vma s6, t1               # this page of this process
        sret

syscall:
        csrr    t0, sepc
        addi    t0, t0, 4
        csrw    sepc, t0
        li      t1, 1
        beq     a7, t1, yield
        bgtu    a7, t1, exit
        call    put
        sret

yield:  sd      t0, PC(s5)
        sd      s0, S0(s5)
        sd      s1, S0+8(s5)
        sd      s2, S0+16(s5)
        sd      s3, S0+24(s5)
        call    other
        j       run

# Make the other process the current one, if it lives.
other:  mv      s11, ra
        xori    s4, s4, 1
        call    process
        ld      t0, ALIVE(s5)
        beqz    t0, 1f
        la      t0, current
        sd      s4, 0(t0)
1:      mv      ra, s11
        ret

exit:   sd      zero, ALIVE(s5)
        mv      s9, s5
        call    other
        ld      t0, ALIVE(s5)
        beqz    t0, off
        ld      t0, SATP(s5)            # out of the tables that go away
        csrw    satp, t0
        ld      a0, ROOT(s9)
        call    free
        ld      a0, MIDDLE(s9)
        call    free
        ld      a0, TABLE(s9)           # the next page on demand is this one
        call    free
        sfence.vma
        j       run

off:    li      a0, '.'
        call    put
        li      a0, '\n'
        call    put
        li      t1, 0x5555
        j       finish
bad:    li      t1, 1 << 16 | 0x3333
finish: li      t0, FINISHER
        sw      t1, 0(t0)
1:      j       1b

put:    li      t0, UART
        sb      a0, 0(t0)
        ret

# Return a page of zeros.
alloc:  la      t0, free_pages
        ld      a0, 0(t0)
        ld      t1, 0(a0)
        sd      t1, 0(t0)
        li      t1, 4096
        add     t1, t1, a0
        mv      t0, a0
1:      sd      zero, 0(t0)
        addi    t0, t0, 8
        bltu    t0, t1, 1b
        ret

# Put page a0 in front of the list of free ones.
free:   la      t0, free_pages
        ld      t1, 0(t0)
        sd      t1, 0(a0)
        sd      a0, 0(t0)
        ret

pte:    srli    a0, a0, 12
        slli    a0, a0, 10
        or      a0, a0, a1
        ret

        .balign 8
current:        .dword 0
free_pages:     .dword 0
processes:      .zero 256

# ----------------------------------------------------------------------------------- program

        .balign 4096
program:
        li      s1, 0
1:      addi    s1, s1, 1
        slli    s3, s0, 4
        add     s3, s3, s1
        lui     s2, (CODE + 0x1000) >> 12
        ld      a0, 8(s2)               # 'S', from the shared page or from its copy
        li      a7, 0
        ecall
        sd      s3, 0(s2)               # copied at the first time
        lui     s2, (CODE + 0x2000) >> 12
        sd      s3, 24(s2)              # there at the first time
        li      a7, 1
        ecall                           # the other's turn
        ld      s3, 24(s2)
        lui     s2, (CODE + 0x1000) >> 12
        ld      s2, 0(s2)
        bne     s2, s3, wrong
        srli    a0, s3, 4
        addi    a0, a0, '0'
        li      a7, 0
        ecall
        andi    a0, s3, 15
        addi    a0, a0, 'a' - 1
        ecall
        li      a7, 0
        li      s3, 3
        bltu    s1, s3, 1b
        li      s3, 2
        beq     s0, s3, 2f
        li      a7, 2                   # process 1 ends here
        ecall
2:      lui     s2, (CODE + 0x3000) >> 12 # process 2 gets a page that was a table
        li      s1, 512
3:      ld      s3, 0(s2)
        bnez    s3, wrong
        sd      s1, 0(s2)
        addi    s2, s2, 8
        addi    s1, s1, -1
        bnez    s1, 3b
        li      a0, 'd'
        li      a7, 0
        ecall
        li      a7, 2
        ecall
wrong:  li      a0, '!'
        li      a7, 0
        ecall
        li      a7, 2
        ecall

        .balign 4096
shared: .zero   4096
pool:   .zero   4096 * 24
