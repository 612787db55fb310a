# Start-up of a compiled guest: M-mode, then S-mode with Sv39 on and all of memory mapped to itself
# by 1 GiB pages, `main`, and the test finisher: pass if main returned 0.

    .section .text.start
    .globl _start
_start:
    la sp, stack_top
    la t0, root                 # PTEs 0 and 2: devices, RAM; V R W X A D
    li t1, 0xcf
    sd t1, 0(t0)
    li t2, 0x200000cf
    sd t2, 16(t0)
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    sfence.vma
    li t0, -1                   # all of memory for S-mode, where there is PMP
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, 3 << 11
    csrc mstatus, t0
    li t0, 1 << 11
    csrs mstatus, t0
    la t0, supervisor
    csrw mepc, t0
    la t0, trap
    csrw mtvec, t0
    mret

supervisor:
    call main
    j finish

    .align 2
trap:
    li a0, 99

finish:
    li t0, 0x100000
    li t1, 0x5555
    beqz a0, 1f
    slli a0, a0, 16
    li t1, 0x3333
    or t1, t1, a0
1:  sw t1, 0(t0)
    j 1b

    .bss
    .align 12
root:
    .zero 4096
    .zero 16384
stack_top:
