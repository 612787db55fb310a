# Runs main() in S-mode with Sv39 on; prints its result, a digit, and ends the machine: 0 is a pass.
# Assembled by GNU as, so that the same file runs on every simulator that it is compared with.

    .equ FINISHER, 0x100000
    .equ UART, 0x10000000

    .section .text.start, "ax"
    .globl _start
_start:
    la    t0, 1f            # without PMP these CSRs do not exist: go on behind them
    csrw  mtvec, t0
    li    t0, -1
    csrw  pmpaddr0, t0
    li    t0, 0x1f
    csrw  pmpcfg0, t0
    .align 2
1:
    la    t0, halt
    csrw  mtvec, t0
    la    t0, table
    srli  t0, t0, 12
    li    t1, 8 << 60
    or    t0, t0, t1
    csrw  satp, t0
    sfence.vma
    la    t0, bare
    csrw  mepc, t0
    li    t0, 1 << 11       # MPP = S
    csrw  mstatus, t0
    mret
    .globl bare
bare:                       # where to start without translation
    la    sp, stack
    call  main
    li    t0, UART
    addi  t1, a0, '0'
    sb    t1, 0(t0)
    li    t0, FINISHER
    li    t1, 0x5555        # pass
    beqz  a0, 1f
    slli  a0, a0, 16
    li    t1, 0x3333        # fail
    or    t1, t1, a0
1:
    sw    t1, 0(t0)
    .globl halt
    .align 2
halt:
    j     halt

    .data
    .align 12
table:                      # the first GiB, with the devices, and the third, RAM, onto themselves
    .dword 0x000000c7
    .dword 0
    .dword 0x200000cf
    .zero 4072

    .bss
    .align 4
    .zero 16384
stack:
