# Traps for ever, since its handler traps before its first instruction has retired. WORD says how:
#
#   0  mtvec points to nothing
#   1  mtvec points to an illegal instruction
#   2  mtvec points into a device
#   3  stvec points to nothing, and all is delegated
#   4  stvec points to a page that is not mapped

        .equ    NOTHING, 0x90000000

main:   la      a0, begins
        li      a1, WORD
        call    putline
        li      t0, -1                  # where there is physical memory protection: allow all
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      s0, WORD
        li      s1, NOTHING
        beqz    s0, 1f
        la      s1, illegal
        li      t0, 1
        beq     s0, t0, 1f
        li      s1, VIRTIO
        li      t0, 2
        beq     s0, t0, 1f

        li      t0, 0xb3ff              # 3 and 4: an S-mode that handles all of its own traps
        csrw    medeleg, t0
        li      s1, NOTHING
        csrw    stvec, s1
        li      t0, 3
        beq     s0, t0, 2f
        la      t0, root                # RAM is mapped to itself, and nothing else is
        li      t1, RAM >> 2 | 0xcf
        sd      t1, 16(t0)
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      s1, 0x40000000
        csrw    stvec, s1
2:      la      t0, illegal
        csrw    mepc, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      s1, gone
        csrw    mtvec, s1
        mret

1:      csrw    mtvec, s1
        ecall
gone:   la      a0, back                # nobody gets here
        call    puts
        call    finish

        .balign 4
illegal:
        .word   0

begins: .asciz  "bad handler"
back:   .asciz  "came back\n"
        .balign 4096
root:   .zero   4096
