# Every exception that M-mode can raise by itself: cause, pc relative to the start, and mtval.
# s11 holds where to go on when the trap left the pc somewhere useless; else it is 0.

_start:
    la      sp, stack
    la      t0, handler
    csrw    mtvec, t0
    li      s11, 0

    ecall
    .word   0                       # illegal: all zeros
    .word   0xffffffff              # illegal: all ones
    .word   0x12348000              # illegal, and 16 bits long
    csrr    a0, 0x5c0               # no such CSR
    csrw    cycle, zero             # read-only
    li      a5, 0x10                # nothing there on this board
    lb      a0, 0(a5)
    lhu     a0, 2(a5)
    lw      a0, 4(a5)
    ld      a0, 8(a5)
    sb      a0, 0(a5)
    sh      a0, 2(a5)
    sw      a0, 4(a5)
    sd      a0, 8(a5)
    lr.w    a0, (a5)                # (QEMU reports AMOs as loads, so there are none here)

    la      s11, 1f                 # nothing to fetch there
    li      a5, 0x40
    jalr    a5
1:  la      a5, data                # LR must be aligned
    addi    a5, a5, 4
    lr.d    a0, (a5)
    addi    a5, a5, -2
    lr.w    a0, (a5)

    # An ecall from each of the lower modes, with delegation off.
    la      t0, user
    csrw    mepc, t0
    li      t1, 3 << 11
    csrc    mstatus, t1
    li      t1, 1 << 11             # MPP = S
    csrs    mstatus, t1
    # Let S and U use all of memory, where there is physical memory protection.
    li      t1, -1
    csrw    pmpaddr0, t1
    li      t1, 0x1f
    csrw    pmpcfg0, t1
    mret
user:
    ecall
    csrr    a0, mstatus
    mret
    sfence.vma
    csrr    a0, sstatus
    la      s11, last
    li      a0, -1                  # tells the handler to go on in U-mode
    .word   0
last:
    ecall
    csrr    a0, sstatus
    sret
    wfi
    sfence.vma
    csrr    a0, cycle               # mcounteren is 0
    la      s11, end
    li      a0, -2                  # tells the handler to stay in M-mode
    .word   0
end:
    call    finish

    .align 2
handler:
    csrw    mscratch, a0
    csrr    a0, mcause
    call    puthex
    csrr    a0, mepc
    la      a1, _start
    sub     a0, a0, a1
    call    puthex
    csrr    a0, mtval
    call    puthex
    call    newline
    beqz    s11, 1f
    csrw    mepc, s11
    li      s11, 0
    j       2f
1:  csrr    a0, mepc
    addi    a0, a0, 4
    csrw    mepc, a0
2:  csrr    a0, mscratch
    li      t0, -1
    bne     a0, t0, 3f
    li      t0, 3 << 11
    csrc    mstatus, t0             # MPP = U
3:  li      t0, -2
    bne     a0, t0, 4f
    li      t0, 3 << 11
    csrs    mstatus, t0             # MPP = M
4:  mret

    .align 3
data:
    .dword  1, 2
