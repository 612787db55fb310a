# Sv39: a kernel in S-mode builds tables, turns translation on, and tries every kind of page.
# Faults are delegated; the handler prints them and goes on behind the instruction, or at s11.

    .equ V, 1
    .equ R, 2
    .equ W, 4
    .equ X, 8
    .equ U, 16
    .equ AD, 0xc0

_start:
    la      sp, stack
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1
    li      t0, 0xb1f7              # all but ecalls from S
    csrw    medeleg, t0
    la      t0, handler
    csrw    stvec, t0
    la      t0, machine
    csrw    mtvec, t0

    # Root: 2 maps RAM onto itself (gigapage, S only), 0 maps the devices, 1 leads to `middle`.
    la      s0, root
    li      t0, (0x80000000 >> 2) | V | R | W | X | AD
    sd      t0, 16(s0)
    li      t0, V | R | W | AD
    sd      t0, 0(s0)
    la      t0, middle
    srli    t0, t0, 2
    ori     t0, t0, V
    sd      t0, 8(s0)
    li      t0, (0x80001000 >> 2) | V | R | W | X | AD
    sd      t0, 32(s0)              # 4 is a misaligned gigapage
    # Middle: 0 leads to `last`; 1 is a megapage of RAM; 2 a misaligned one.
    la      s1, middle
    la      t0, last
    srli    t0, t0, 2
    ori     t0, t0, V
    sd      t0, 0(s1)
    li      t0, (0x80200000 >> 2) | V | R | W | AD
    sd      t0, 8(s1)
    li      t0, (0x80201000 >> 2) | V | R | W | AD
    sd      t0, 16(s1)
    # Last: page i has the rights in table `rights`, and all of them lead to `page`.
    la      s2, last
    la      s3, rights
    la      s4, page
    srli    s4, s4, 2
1:  ld      t0, 0(s3)
    li      t1, -1
    beq     t0, t1, 2f
    or      t0, t0, s4
    sd      t0, 0(s2)
    addi    s2, s2, 8
    addi    s3, s3, 8
    j       1b

2:  la      t0, root
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    sfence.vma
    li      t0, 3 << 11
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    la      t0, kernel
    csrw    mepc, t0
    mret

kernel:
    # Each page of the table by load, store, fetch; first as it is, then with SUM, then with MXR.
    call    try_all
    li      t0, 1 << 18
    csrs    sstatus, t0
    call    try_all
    li      t0, 1 << 18
    csrc    sstatus, t0
    li      t0, 1 << 19
    csrs    sstatus, t0
    call    try_all
    csrc    sstatus, t0
    la      a0, others
    call    puts

    li      s11, 0
    li      a5, 0x40200000          # the megapage works
    li      a0, 0x1234
    sd      a0, 8(a5)
    ld      a0, 8(a5)
    call    puthex
    li      a5, 0x80200000
    ld      a0, 8(a5)
    call    puthex
    call    newline
    li      a5, 0x40400000          # the misaligned one does not
    ld      a0, 0(a5)
    sd      a0, 0(a5)
    li      a5, 0x100000000         # nor the misaligned gigapage
    ld      a0, 8(a5)
    li      a5, 0x140000000         # not valid
    ld      a0, 0(a5)
    lr.d    a0, (a5)
    li      a5, 1 << 38             # not canonical
    ld      a0, 0(a5)
    sd      a0, 0(a5)
    la      s11, 4f
    jr      a5
4:  li      a5, -1 << 40
    ld      a0, 0(a5)
    li      a5, 0x8000000080000000
    sd      a0, 0(a5)
    li      a5, 0x10                # mapped, but nothing is there
    ld      a0, 0(a5)

    # A page that is taken away is gone after a fence.
    li      a5, 0x40003000
    ld      a0, 0(a5)
    call    puthex
    la      s2, last
    ld      s5, 24(s2)
    sd      zero, 24(s2)
    sfence.vma a5, zero
    ld      a0, 0(a5)
    sd      s5, 24(s2)
    sfence.vma
    ld      a0, 0(a5)
    call    puthex
    call    newline

    # A program in U-mode: it may use its own pages only.
    li      t0, 1 << 8
    csrc    sstatus, t0             # SPP = U
    li      t0, 0x4000c000          # page 12: user, executable
    csrw    sepc, t0
    la      t1, user
    la      t2, page
    li      t3, 32
5:  lw      t4, 0(t1)
    sw      t4, 0(t2)
    addi    t1, t1, 4
    addi    t2, t2, 4
    addi    t3, t3, -1
    bnez    t3, 5b
    fence.i
    li      s11, 0
    sret

user:                               # copied: nothing in it may depend on where it stands
    li      a5, 0x4000b000          # user, read and write
    ld      a0, 256(a5)
    sd      a0, 256(a5)
    li      a5, 0x40003000          # the kernel's
    ld      a0, 0(a5)
    sd      a0, 0(a5)
    li      a5, 0x80000000
    ld      a0, 0(a5)
    csrr    a0, sstatus
    sret
    li      a7, 93
    ecall

# Fetch, load and store at each page of the table; prints what faults (the handler does).
try_all:
    addi    sp, sp, -16
    sd      ra, 0(sp)
    li      s6, 0x40000000
    li      s7, 16
1:  li      a0, '.'
    call    putc
    la      s11, 2f
    addi    t0, s6, 1024            # a `ret` stands there
    jalr    t0
2:  li      s11, 0
    sfence.vma                      # QEMU would remember too much of the page's rights
    ld      a0, 512(s6)
    sfence.vma
    sd      a0, 512(s6)
    sfence.vma
    li      t0, 0x1000
    add     s6, s6, t0
    addi    s7, s7, -1
    bnez    s7, 1b
    call    newline
    ld      ra, 0(sp)
    addi    sp, sp, 16
    ret

# In S-mode. Keeps t0 to t2, a0 and a1.
    .align 2
handler:
    addi    sp, sp, -48
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      t1, 16(sp)
    sd      t2, 24(sp)
    sd      a0, 32(sp)
    sd      a1, 40(sp)
    csrr    a0, scause
    li      t0, 8
    beq     a0, t0, done
    call    puthex
    csrr    a0, stval
    call    puthex
    csrr    a0, sstatus
    andi    a0, a0, 0x122           # SPP, SPIE, SIE
    call    puthex
    call    newline
    beqz    s11, 1f
    csrw    sepc, s11
    li      s11, 0
    j       2f
1:  csrr    a0, sepc
    addi    a0, a0, 4
    csrw    sepc, a0
2:  ld      a1, 40(sp)
    ld      a0, 32(sp)
    ld      t2, 24(sp)
    ld      t1, 16(sp)
    ld      t0, 8(sp)
    ld      ra, 0(sp)
    addi    sp, sp, 48
    sret
done:
    call    finish

    .align 2
machine:                            # nothing should get here
    la      a0, bad
    call    puts
    csrr    a0, mcause
    call    puthex
    call    finish

others: .asciz "others\n"
bad:    .asciz "in M-mode\n"
    .align 3
rights:
    .dword  0, R | W | X, V, V | R | W | AD, V | R | AD, V | X | AD, V | R | X | AD
    .dword  V | W | AD, V | W | X | AD, V | R | W | X | AD, V | U | R | AD
    .dword  V | U | R | W | AD, V | U | R | X | AD, V | U | X | AD, 1 << 54 | V | R | AD
    .dword  1 << 63 | V | R | AD, -1
    .align 12
root:   .zero 4096
middle: .zero 4096
last:   .zero 4096
page:
    .zero   1024
    ret
    .align 12
