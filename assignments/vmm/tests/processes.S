# Two processes in U-mode, each in an address space of its own, under a kernel in S-mode.
#
#   firmware   hands the machine's timer on to the kernel
#   kernel     switches between processes at each tick, and only then; pages on demand; system calls
#   program    run twice, as processes 1 and 2: waits for its turn without ever yielding, uses a page
#              that is not there, says so, passes the turn on; at last looks at all its pages
#
# So no matter when the ticks come, the lines have one order. WORD is mixed into what they say.

        .equ    SLICE, 1500             # of mtime
        .equ    ROUNDS, 3
        .equ    PROCESSES, 2

        .equ    CODE, 0x40000000        # of a program; then the page that processes share
        .equ    TURN, 0x40001000
        .equ    HEAP, 0x40010000        # pages on demand

        .equ    POINTER, 0x01
        .equ    KERNEL, 0xcf            # V R W X A D
        .equ    DEVICES, 0xc7           # V R W A D
        .equ    TEXT, 0x5b              # V R X U A
        .equ    OWN, 0xd7               # V R W U A D

        .equ    PC, 256                 # of a process: its registers x1 to x31 at 8, 16, ..., then
        .equ    SATP, 264
        .equ    LEAVES, 272             # its table of the last level
        .equ    ALIVE, 280
        .equ    FRAME, 288

# ---------------------------------------------------------------------------------- firmware

main:   la      a0, firmware
        call    catch
        li      t0, 0xb104              # page faults, ecall from U, illegal instruction
        csrw    medeleg, t0
        li      t0, 1 << 5              # the supervisor's timer
        csrw    mideleg, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      t0, kernel
        csrw    mepc, t0
        mret

firmware:
        li      t0, 1 << 5
        bltz    a0, 1f
        li      t1, 9                   # an ecall of the kernel: the next tick, please
        bne     a0, t1, broken
        csrc    mip, t0
        li      t0, MTIME
        ld      t0, 0(t0)
        li      t1, SLICE
        add     t0, t0, t1
        li      t1, MTIMECMP
        sd      t0, 0(t1)
        li      t0, 1 << 7
        csrs    mie, t0
        addi    a0, a1, 4
        ret
1:      csrs    mip, t0                 # the kernel's tick begins, the machine's own is heard
        li      t0, 1 << 7
        csrc    mie, t0
        mv      a0, a1
        ret
broken: mv      a1, a0
        la      a0, broken_text
        call    putline
        li      a0, 1
        call    fail

# ------------------------------------------------------------------------------------ kernel

kernel: la      a0, begins
        li      a1, WORD
        call    putline
        la      t0, on_trap
        csrw    stvec, t0
        li      s0, 1
1:      mv      a0, s0
        call    make
        addi    s0, s0, 1
        li      t0, PROCESSES
        bleu    s0, t0, 1b
        la      t0, shared              # process 1 begins
        li      t1, 1
        sd      t1, 0(t0)
        li      t0, 1 << 5
        csrw    sie, t0
        li      t0, 1 << 8
        csrc    sstatus, t0             # SPP = U
        li      t0, 1 << 5              # SPIE = 1
        csrs    sstatus, t0
        ecall
        la      s0, processes
        j       run

# Make process a0. Changes t0 to t6, a0 to a2.
make:   mv      t6, ra
        mv      a2, a0
        addi    t0, a0, -1
        li      t1, FRAME
        mul     t0, t0, t1
        la      t5, processes
        add     t5, t5, t0
        sd      a2, 8 * 10(t5)          # a0 = its number
        sd      a2, ALIVE(t5)
        li      t0, CODE
        sd      t0, PC(t5)
        call    page                    # root, middle, leaves
        mv      t3, a0
        call    page
        mv      t4, a0
        call    page
        sd      a0, LEAVES(t5)
        li      t0, DEVICES             # the first and the third GiB are mapped to themselves
        sd      t0, 0(t3)
        li      t0, RAM >> 2 | KERNEL
        sd      t0, 16(t3)
        mv      t2, a0
        li      a1, POINTER
        call    entry
        sd      a0, 0(t4)
        mv      a0, t4
        call    entry
        sd      a0, 8(t3)
        la      a0, program
        li      a1, TEXT
        call    entry
        sd      a0, 0(t2)
        la      a0, shared
        li      a1, OWN
        call    entry
        sd      a0, 8(t2)
        li      t0, 8                   # satp: Sv39, the number as ASID, the root
        slli    t0, t0, 16
        or      t0, t0, a2
        slli    t0, t0, 44
        srli    t1, t3, 12
        or      t0, t0, t1
        sd      t0, SATP(t5)
        jr      t6

# Return a page of zeros. Changes t0, t1.
page:   la      t0, free
        ld      a0, 0(t0)
        li      t1, 4096
        add     t1, t1, a0
        sd      t1, 0(t0)
        mv      t0, a0
1:      sd      zero, 0(t0)
        sd      zero, 8(t0)
        sd      zero, 16(t0)
        sd      zero, 24(t0)
        addi    t0, t0, 32
        bltu    t0, t1, 1b
        ret

# Return the PTE for the page at a0 with the bits a1.
entry:  srli    a0, a0, 12
        slli    a0, a0, 10
        or      a0, a0, a1
        ret

# Go on with the process at s0.
run:    csrw    sscratch, s0
        ld      t0, SATP(s0)
        csrw    satp, t0                # no fence: each has its own ASID
        ld      t0, PC(s0)
        csrw    sepc, t0
        ld      x1, 8 * 1(s0)
        ld      x2, 8 * 2(s0)
        ld      x3, 8 * 3(s0)
        ld      x4, 8 * 4(s0)
        ld      x5, 8 * 5(s0)
        ld      x6, 8 * 6(s0)
        ld      x7, 8 * 7(s0)
        ld      x9, 8 * 9(s0)
        ld      x10, 8 * 10(s0)
        ld      x11, 8 * 11(s0)
        ld      x12, 8 * 12(s0)
        ld      x13, 8 * 13(s0)
        ld      x14, 8 * 14(s0)
        ld      x15, 8 * 15(s0)
        ld      x16, 8 * 16(s0)
        ld      x17, 8 * 17(s0)
        ld      x18, 8 * 18(s0)
        ld      x19, 8 * 19(s0)
        ld      x20, 8 * 20(s0)
        ld      x21, 8 * 21(s0)
        ld      x22, 8 * 22(s0)
        ld      x23, 8 * 23(s0)
        ld      x24, 8 * 24(s0)
        ld      x25, 8 * 25(s0)
        ld      x26, 8 * 26(s0)
        ld      x27, 8 * 27(s0)
        ld      x28, 8 * 28(s0)
        ld      x29, 8 * 29(s0)
        ld      x30, 8 * 30(s0)
        ld      x31, 8 * 31(s0)
        ld      x8, 8 * 8(s0)
        sret

        .balign 4
on_trap:
        csrrw   s0, sscratch, s0
        sd      x1, 8 * 1(s0)
        sd      x2, 8 * 2(s0)
        sd      x3, 8 * 3(s0)
        sd      x4, 8 * 4(s0)
        sd      x5, 8 * 5(s0)
        sd      x6, 8 * 6(s0)
        sd      x7, 8 * 7(s0)
        sd      x9, 8 * 9(s0)
        sd      x10, 8 * 10(s0)
        sd      x11, 8 * 11(s0)
        sd      x12, 8 * 12(s0)
        sd      x13, 8 * 13(s0)
        sd      x14, 8 * 14(s0)
        sd      x15, 8 * 15(s0)
        sd      x16, 8 * 16(s0)
        sd      x17, 8 * 17(s0)
        sd      x18, 8 * 18(s0)
        sd      x19, 8 * 19(s0)
        sd      x20, 8 * 20(s0)
        sd      x21, 8 * 21(s0)
        sd      x22, 8 * 22(s0)
        sd      x23, 8 * 23(s0)
        sd      x24, 8 * 24(s0)
        sd      x25, 8 * 25(s0)
        sd      x26, 8 * 26(s0)
        sd      x27, 8 * 27(s0)
        sd      x28, 8 * 28(s0)
        sd      x29, 8 * 29(s0)
        sd      x30, 8 * 30(s0)
        sd      x31, 8 * 31(s0)
        csrr    t0, sscratch
        sd      t0, 8 * 8(s0)
        csrr    s1, sepc
        sd      s1, PC(s0)
        la      sp, stack
        csrr    s2, scause
        bltz    s2, tick
        li      t0, 8
        beq     s2, t0, system_call
        li      t0, 13
        beq     s2, t0, page_fault
        li      t0, 15
        beq     s2, t0, page_fault
        j       kill

tick:   ecall                           # the next one, please
        call    other
        j       run

# Make s0 the other process, if that lives.
other:  la      t0, processes
        bne     s0, t0, 1f
        addi    t0, t0, FRAME
1:      ld      t1, ALIVE(t0)
        beqz    t1, 2f
        mv      s0, t0
2:      ret

page_fault:
        csrr    s3, stval
        li      t0, HEAP
        sub     s3, s3, t0
        srli    s3, s3, 12              # page of the heap
        li      t0, ROUNDS
        bgeu    s3, t0, kill
        call    page
        li      a1, OWN
        call    entry
        ld      t0, LEAVES(s0)
        slli    s3, s3, 3
        add     t0, t0, s3
        sd      a0, 8 * 16(t0)
        csrr    t0, stval
        sfence.vma t0, zero
        la      t0, faults
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        j       run                     # and it tries again

system_call:
        addi    s1, s1, 4
        sd      s1, PC(s0)
        li      t0, 1
        bltu    a7, t0, exit            # 0: end
        bgtu    a7, t0, 1f              # 1: print the text at a0
        li      t0, 1 << 18             # SUM: let the kernel read the program's memory
        csrs    sstatus, t0
        call    puts
        li      t0, 1 << 18
        csrc    sstatus, t0
        j       run
1:      call    puthex                  # 2: print the number in a0, and end the line
        call    newline
        j       run

kill:   la      a0, killed
        mv      a1, s2
        call    putline
exit:   ld      s4, ALIVE(s0)
        sd      zero, ALIVE(s0)
        la      a0, gone
        mv      a1, s4
        call    putline
        li      t0, 3                   # let the other have the turn
        sub     t0, t0, s4
        la      t1, shared
        sd      t0, 0(t1)
        mv      s3, s0
        call    other
        bne     s0, s3, run
        la      a0, pages
        ld      a1, faults
        call    putline
        call    finish

broken_text: .asciz "firmware: cause"
begins: .asciz  "kernel of"
killed: .asciz  "kernel: trap"
gone:   .asciz  "kernel: end of process"
pages:  .asciz  "kernel: pages on demand"

# ----------------------------------------------------------------------------------- program

        .balign 4096
program:
        mv      s0, a0
        li      s1, 0                   # rounds so far
1:      li      t0, TURN
2:      ld      t1, 0(t0)               # wait without yielding
        bne     t1, s0, 2b
        li      t0, ROUNDS
        beq     s1, t0, 3f
        call    slot
        ld      t1, 0(t0)               # a new page is empty
        bnez    t1, wrong
        call    number
        sd      t1, 0(t0)
        lla     a0, says
        li      a7, 1
        ecall
        mv      a0, t1
        li      a7, 2
        ecall
        addi    s1, s1, 1
        li      t0, TURN
        li      t1, 3
        sub     t1, t1, s0
        sd      t1, 0(t0)
        j       1b

3:      addi    s1, s1, -1              # what it wrote is still there
        call    slot
        call    number
        ld      t2, 0(t0)
        bne     t2, t1, wrong
        bnez    s1, 3b
        lla     a0, right
        li      a7, 1
        ecall
        li      t0, 1
        bne     s0, t0, 4f
        csrr    t0, sstatus             # is not for programs: process 1 ends here
4:      li      a7, 0
        ecall
wrong:  lla     a0, bad
        li      a7, 1
        ecall
        li      a7, 0
        ecall

# Point t0 at this round's place on the heap.
slot:   slli    t0, s1, 12
        li      t1, HEAP + 24
        add     t0, t0, t1
        ret
# What belongs there, in t1.
number: li      t1, WORD
        slli    t1, t1, 8
        slli    t2, s0, 4
        or      t1, t1, t2
        or      t1, t1, s1
        ret
says:   .asciz  "process"
right:  .asciz  "process: all there\n"
bad:    .asciz  "process: wrong\n"

        .balign 4096
shared: .zero   4096                    # whose turn it is
        .balign 8
faults: .dword  0
free:   .dword  pool
processes: .zero FRAME * PROCESSES
        .balign 4096
pool:   .zero   4096 * 14
