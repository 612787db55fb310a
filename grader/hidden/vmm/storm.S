# A storm of exits: WORD rounds (0: for ever) in which hardly an instruction is innocuous.

main:   la      a0, begins
        call    puts
        csrw    mie, zero
        la      t0, on_trap
        csrw    mtvec, t0
        li      s0, 0                   # traps
        li      s1, WORD
        mv      s2, s1
1:      ecall
        csrrw   t0, mscratch, s0
        .word   0                       # illegal
        sfence.vma
        csrrs   t1, mstatus, zero
        addi    s1, s1, -1
        bnez    s1, 1b
        mv      a1, s0
        la      a0, ends
        call    putline
        csrr    a1, mscratch
        la      a0, ends
        call    putline
        call    finish

        .balign 4
on_trap:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        addi    s0, s0, 1
        mret

begins: .asciz  "storm\n"
ends:   .asciz  "traps"
