# Firmware, a kernel and a program, each in its mode. The kernel has page tables, which nobody writes
# to once they are in use, and which are of one page: three leaves of a GiB each.
#
#   firmware   M-mode: delegates to the kernel, and hears its ecall at the end
#   kernel     S-mode: looks at the program's pages without SUM, with it, and at a CSR that it lacks
#   program    U-mode: runs at 0x40000000; tries what it may not, and makes a call

        .equ    ALIAS, 0x40000000 - 0x80000000
        .equ    SUM, 1 << 18

main:   la      a0, firmware
        call    catch
        li      t0, 1 << 2 | 1 << 8 | 1 << 13 # illegal instruction, ecall from U, load page fault
        csrw    medeleg, t0
        la      t0, on_kernel
        csrw    stvec, t0
        la      t0, root
        li      t1, 0xc7                # devices: V R W A D
        sd      t1, 0(t0)
        li      t1, 0x200000df          # RAM for the program: V R W X U A D
        sd      t1, 8(t0)
        li      t1, 0x200000cf          # RAM for the kernel: V R W X A D
        sd      t1, 16(t0)
        srli    t0, t0, 12
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

firmware:
        mv      a1, a0
        la      a0, at_firmware
        call    putline
        call    finish

kernel: csrr    a1, satp
        srli    a1, a1, 60
        la      a0, at_kernel
        call    putline
        la      s0, datum
        li      t0, ALIAS
        add     s0, s0, t0
        ld      a1, 0(s0)               # a page of the program's
        li      t0, SUM
        csrs    sstatus, t0
        ld      a1, 0(s0)
        la      a0, seen
        call    putline
        li      t0, SUM
        csrc    sstatus, t0
        ld      a1, 0(s0)
        csrr    a1, mstatus             # is the firmware's
        la      t0, program
        li      t1, ALIAS
        add     t0, t0, t1
        csrw    sepc, t0
        li      t0, 1 << 8              # SPP = U
        csrc    sstatus, t0
        sret

# A trap of the kernel's own or of the program: say which and from where, and go on behind it; or, if
# it was an ecall with a0 = 1, end.
on_kernel:
        csrr    t0, sstatus
        andi    t0, t0, 1 << 8
        bnez    t0, 1f
        la      sp, stack
1:      csrr    a1, scause
        csrr    a0, sepc
        addi    a0, a0, 4
        csrw    sepc, a0
        la      a0, by_program
        beqz    t0, 2f
        la      a0, by_kernel
2:      call    putline
        csrr    a1, stval
        srli    a1, a1, 30              # in which GiB
        la      a0, value
        csrr    t0, scause
        li      t1, 13
        bne     t0, t1, 3f
        call    putline
3:      li      t0, 1
        beq     s1, t0, 4f
        sret
4:      ecall                           # to the firmware

program:
        li      s1, 0
        csrr    a0, sstatus             # is the kernel's
        li      s2, 0x80000000
        ld      a0, 0(s2)               # so is this page
        ld      s3, 0(s2)
        ecall
        li      s1, 1
        ecall
5:      j       5b

at_firmware: .asciz "firmware: cause"
at_kernel: .asciz "kernel: satp mode"
by_kernel: .asciz "kernel: cause"
by_program: .asciz "program: cause"
seen:   .asciz  "kernel: datum"
value:  .asciz  "  in GiB"
        .balign 8
datum:  .dword  WORD
        .balign 4096
root:   .zero   4096
