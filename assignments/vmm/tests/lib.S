# What the guests of this assignment share. It stands before each of them, after two constants:
#
#   WORD   chosen by the test, so that several VMs differ
#   PAGES  pages of RAM that the VM has
#
# A guest begins at `main`, in M-mode, with a stack. Of the registers, the functions here and in
# driver.S change a0, a1 and t0 to t3 only.

        .equ    FINISHER, 0x100000
        .equ    MSIP, 0x2000000
        .equ    MTIMECMP, 0x2004000
        .equ    MTIME, 0x200bff8
        .equ    PLIC, 0xc000000
        .equ    UART, 0x10000000
        .equ    VIRTIO, 0x10001000      # slot 0: the disk
        .equ    RAM, 0x80000000
        .equ    UART_IRQ, 10
        .equ    DISK_IRQ, 1

_start: la      sp, stack
        j       main

# Print the character in a0. (The transmitter of this board is always ready; see hello.S.)
putc:   li      t0, UART
        sb      a0, 0(t0)
        ret

newline:
        li      a0, '\n'
        j       putc

# Print the text at a0.
puts:   li      t0, UART
1:      lbu     t1, 0(a0)
        beqz    t1, 2f
        sb      t1, 0(t0)
        addi    a0, a0, 1
        j       1b
2:      ret

# Print a space and a0 as a hexadecimal number, without leading zeros.
puthex: li      t0, UART
        li      t1, ' '
        sb      t1, 0(t0)
        li      a1, 64
1:      addi    a1, a1, -4
        srl     t1, a0, a1
        bnez    t1, 2f
        bnez    a1, 1b
2:      srl     t1, a0, a1
        andi    t1, t1, 15
        sltiu   t2, t1, 10
        addi    t1, t1, '0'
        bnez    t2, 3f
        addi    t1, t1, 'a' - '0' - 10
3:      sb      t1, 0(t0)
        addi    a1, a1, -4
        bgez    a1, 2b
        ret

# Print the text at a0, then a1 as puthex does, and end the line.
putline:
        addi    sp, sp, -16
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        call    puts
        ld      a0, 8(sp)
        call    puthex
        call    newline
        ld      ra, 0(sp)
        addi    sp, sp, 16
        ret

# Switch the machine off: all is well; or it is not, with the code in a0 (1 to 65535).
finish: li      t1, 0x5555
        j       1f
fail:   slli    a0, a0, 16
        li      t1, 0x3333
        or      t1, t1, a0
1:      li      t0, FINISHER
        sw      t1, 0(t0)
2:      j       2b

# From now on let every trap to M-mode call the function at a0, on a stack of its own. The function

catch:  la      t0, handler
        sd      a0, 0(t0)
        la      t0, trap_stack
        csrw    mscratch, t0
        la      t0, trap
        csrw    mtvec, t0
        li      t0, -1                  # where there is physical memory protection: allow all
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        ret

        .balign 4
trap:   csrrw   sp, mscratch, sp
        addi    sp, sp, -128
        sd      ra, 0(sp)
        sd      t0, 8(sp)
        sd      t1, 16(sp)
        sd      t2, 24(sp)
        sd      t3, 32(sp)
        sd      t4, 40(sp)
        sd      t5, 48(sp)
        sd      t6, 56(sp)
        sd      a0, 64(sp)
        sd      a1, 72(sp)
        sd      a2, 80(sp)
        sd      a3, 88(sp)
        sd      a4, 96(sp)
        sd      a5, 104(sp)
        sd      a6, 112(sp)
        sd      a7, 120(sp)
        csrr    a0, mcause
        csrr    a1, mepc
        csrr    a2, mtval
        ld      t0, handler
        jalr    t0
        csrw    mepc, a0
        ld      ra, 0(sp)
        ld      t0, 8(sp)
        ld      t1, 16(sp)
        ld      t2, 24(sp)
        ld      t3, 32(sp)
        ld      t4, 40(sp)
        ld      t5, 48(sp)
        ld      t6, 56(sp)
        ld      a0, 64(sp)
        ld      a1, 72(sp)
        ld      a2, 80(sp)
        ld      a3, 88(sp)
        ld      a4, 96(sp)
        ld      a5, 104(sp)
        ld      a6, 112(sp)
        ld      a7, 120(sp)
        addi    sp, sp, 128
        csrrw   sp, mscratch, sp
        mret

        .balign 16
handler:
        .dword  0, 0
        .zero   512
stack:  .zero   512
trap_stack:

