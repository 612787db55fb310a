# For guests with processes: a kernel in S-mode, its programs in U-mode, each with tables of its own.
# It stands behind driver.S. Processes trap to `user_trap`, which saves all, points s0 at the process
# and goes to the kernel's `kernel_entry`; that ends in `resume`. Interrupts are off meanwhile.

        .equ    CODE, 0x40000000        # of programs, in their own address spaces
        .equ    HEAP, 0x40010000        # 16 pages, from entry 16 of the table on

        .equ    POINTER, 0x01           # bits of PTEs: V
        .equ    KERNEL, 0xcf            # V R W X A D
        .equ    DEVICES, 0xc7           # V R W A D
        .equ    TEXT, 0x5b              # V R X U A
        .equ    OWN, 0xd7               # V R W U A D
        .equ    STI, 1 << 5

        .equ    A0, 8 * 10              # of a process: x1 to x31 at 8, 16, ..., then these
        .equ    PC, 256
        .equ    SATP, 264
        .equ    LEAVES, 272             # its tables
        .equ    MIDDLE, 280
        .equ    ROOT, 288
        .equ    NUMBER, 296             # 0: it has ended
        .equ    STATE, 304              # and one more word, both for the kernel
        .equ    PROCESS, 320            # bytes

# Go to S-mode, to a0, with exceptions delegated as mask a1 says, and every interrupt of S-mode.
to_kernel:
        csrw    mepc, a0
        csrw    medeleg, a1
        li      t0, 0x222
        csrw    mideleg, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      t0, user_trap
        csrw    stvec, t0
        mret

# Go on with the process at s0, in U-mode.
resume: csrw    sscratch, s0
        ld      t0, SATP(s0)
        csrw    satp, t0                # no fence: each has its own ASID
        ld      t0, PC(s0)
        csrw    sepc, t0
        li      t0, 1 << 8
        csrc    sstatus, t0             # SPP = U
        li      t0, 1 << 5
        csrs    sstatus, t0             # SPIE = 1
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
user_trap:
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
        csrr    t0, sepc
        sd      t0, PC(s0)
        la      sp, stack
        ld      t0, kernel_entry
        jr      t0

# Make a process at s0, with number a0, that begins at a1 in the page of code at a2. Changes s1, s2.
make:   addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a2, 8(sp)
        sd      a0, NUMBER(s0)
        sd      a0, A0(s0)
        sd      a1, PC(s0)
        sd      zero, STATE(s0)
        sd      zero, STATE + 8(s0)
        call    page
        mv      s1, a0
        sd      s1, ROOT(s0)
        call    page
        mv      s2, a0
        sd      s2, MIDDLE(s0)
        call    page
        sd      a0, LEAVES(s0)
        li      t0, DEVICES             # the first and the third GiB are mapped to themselves
        sd      t0, 0(s1)
        li      t0, RAM >> 2 | KERNEL
        sd      t0, 16(s1)
        li      a1, POINTER
        call    entry
        sd      a0, 0(s2)
        mv      a0, s2
        call    entry
        sd      a0, 8(s1)
        ld      a0, 8(sp)
        li      a1, TEXT
        call    entry
        ld      t0, LEAVES(s0)
        sd      a0, 0(t0)
        li      t0, 8                   # satp: Sv39, the number as ASID, the root
        slli    t0, t0, 16
        ld      t1, NUMBER(s0)
        or      t0, t0, t1
        slli    t0, t0, 44
        srli    t1, s1, 12
        or      t0, t0, t1
        sd      t0, SATP(s0)
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret

# Give the process at s0 a page for address a0, if that is on its heap; return whether it is.
demand: addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a0, 8(sp)
        li      t0, HEAP
        sub     t0, a0, t0
        srli    t0, t0, 12
        sltiu   a0, t0, 16
        beqz    a0, 1f
        slli    t0, t0, 3
        ld      t1, LEAVES(s0)
        add     t0, t0, t1
        sd      t0, 16(sp)
        call    page
        li      a1, OWN
        call    entry
        ld      t0, 16(sp)
        sd      a0, 8 * 16(t0)
        ld      t0, 8(sp)
        sfence.vma t0, zero
        li      a0, 1
1:      ld      ra, 0(sp)
        addi    sp, sp, 32
        ret

# Return a page of zeros.
page:   la      t0, free_pages
        ld      a0, 0(t0)
        ld      t1, 0(a0)
        sd      t1, 0(t0)
        li      t1, 4096
        add     t1, t1, a0
        mv      t0, a0
1:      sd      zero, 0(t0)
        sd      zero, 8(t0)
        sd      zero, 16(t0)
        sd      zero, 24(t0)
        addi    t0, t0, 32
        bltu    t0, t1, 1b
        ret

# Put page a0 in front of the list of free ones.
free:   la      t0, free_pages
        ld      t1, 0(t0)
        sd      t1, 0(a0)
        sd      a0, 0(t0)
        ret

# Return the PTE for the page at a0 with the bits a1.
entry:  srli    a0, a0, 12
        slli    a0, a0, 10
        or      a0, a0, a1
        ret

        .balign 8
kernel_entry:   .dword 0
free_pages:     .dword 0

