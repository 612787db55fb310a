# A small kernel: firmware in M-mode, a kernel in S-mode with Sv39, a program in U-mode.
#
#   firmware   delegates, hands the machine's timer on to the kernel, switches off
#   kernel     system calls, pages on demand, ticks
#   program    says hello, uses a page that is not there, waits for ticks, breaks a rule
#
# It runs on the machine of vmlab, and as it stands on QEMU's virt board.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    MTIMECMP, 0x2004000
        .equ    MTIME, 0x200bff8
        .equ    TICK, 1000              # of mtime

        .equ    CODE, 0x40000000        # where the program is in its own address space
        .equ    HEAP, 0x40010000        # a page that the kernel maps at the first access

# ---------------------------------------------------------------------------------- firmware

_start: la      t0, firmware_trap
        csrw    mtvec, t0
        li      t0, 0xb104              # page faults, ecall from U, illegal instruction
        csrw    medeleg, t0
        li      t0, 1 << 5              # the supervisor's timer
        csrw    mideleg, t0
        li      t0, -1                  # QEMU has physical memory protection: allow everything
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, firmware_frame
        csrw    mscratch, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11             # MPP = S
        csrs    mstatus, t0
        la      t0, kernel
        csrw    mepc, t0
        mret

        .balign 4
firmware_trap:
        csrrw   sp, mscratch, sp
        sd      t0, 0(sp)
        sd      t1, 8(sp)
        csrr    t0, mcause
        bltz    t0, firmware_timer
        li      t1, 9                   # an ecall of the kernel, or else something is wrong
        bne     t0, t1, fail
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        li      t0, 1 << 5              # each call ends the tick that the kernel has
        csrc    mip, t0
        beqz    a0, firmware_return     # 0: no more
        li      t1, 1
        bne     a0, t1, off             # 2: the end
        li      t0, MTIME               # 1: the next tick, please
        ld      t0, 0(t0)
        li      t1, TICK
        add     t0, t0, t1
        li      t1, MTIMECMP
        sd      t0, 0(t1)
        li      t0, 1 << 7
        csrs    mie, t0
        j       firmware_return
firmware_timer:                         # the kernel's tick begins, the machine's own is heard
        li      t0, 1 << 7
        csrc    mie, t0
        li      t0, 1 << 5
        csrs    mip, t0
firmware_return:
        ld      t0, 0(sp)
        ld      t1, 8(sp)
        csrrw   sp, mscratch, sp
        mret

off:    li      t1, 0x5555              # pass
        j       finish
fail:   li      t1, 1 << 16 | 0x3333    # fail, with code 1
finish: li      t0, FINISHER
        sw      t1, 0(t0)
        j       finish

# ------------------------------------------------------------------------------------ kernel

kernel: la      sp, kernel_frame
        csrw    sscratch, sp
        la      t0, vectors + 1         # vectored
        csrw    stvec, t0

        la      t0, root                # the first and the third GiB are mapped to themselves,
        li      t1, 0x000000c7          # D A W R V: devices
        sd      t1, 0(t0)
        li      t1, 0x200000cf          # D A X W R V: RAM
        sd      t1, 16(t0)
        la      t1, middle              # the second belongs to the program
        srli    t1, t1, 2
        ori     t1, t1, 0x01
        sd      t1, 8(t0)
        la      t0, middle
        la      t1, leaves
        srli    t1, t1, 2
        ori     t1, t1, 0x01
        sd      t1, 0(t0)
        la      t0, leaves
        la      t1, program
        srli    t1, t1, 2
        ori     t1, t1, 0x5b            # A U X R V
        sd      t1, 0(t0)
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        la      a0, paging_text
        call    print

        li      t0, 1 << 5
        csrw    sie, t0
        li      t0, 1 << 8
        csrc    sstatus, t0             # SPP = U
        li      t0, 1 << 5              # SPIE = 1
        csrs    sstatus, t0
        li      t0, CODE
        csrw    sepc, t0
        sret

        .balign 64
vectors:
        j       exception               # all exceptions
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       timer                   # 5
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel
        j       fail_kernel

exception:
        csrrw   sp, sscratch, sp
        sd      t0, 0(sp)
        la      t0, on_exception
        j       enter
timer:  csrrw   sp, sscratch, sp
        sd      t0, 0(sp)
        la      t0, on_tick
enter:  sd      ra, 8(sp)
        sd      t1, 16(sp)
        sd      t2, 24(sp)
        sd      a0, 32(sp)
        sd      a1, 40(sp)
        sd      s0, 48(sp)
        sd      s1, 56(sp)
        jalr    t0
        ld      s1, 56(sp)
        ld      s0, 48(sp)
        ld      a1, 40(sp)
        ld      a0, 32(sp)
        ld      t2, 24(sp)
        ld      t1, 16(sp)
        ld      ra, 8(sp)
        ld      t0, 0(sp)
        csrrw   sp, sscratch, sp
        sret

on_exception:
        mv      s0, ra
        csrr    t0, scause
        li      t1, 8
        beq     t0, t1, system_call
        li      t1, 2
        beq     t0, t1, illegal
        li      t1, 15
        beq     t0, t1, page_fault
        j       fail_kernel

page_fault:
        la      a0, fault_text
        call    print
        csrr    a0, stval
        call    print_hex
        csrr    t0, stval
        li      t1, HEAP
        srli    t0, t0, 12
        srli    t1, t1, 12
        bne     t0, t1, fail_kernel
        la      t0, leaves
        la      t1, heap
        srli    t1, t1, 2
        ori     t1, t1, 0xd7            # D A U W R V
        sd      t1, 8 * 16(t0)
        csrr    t0, stval
        sfence.vma t0, zero
        jr      s0                      # and the program tries again

illegal:
        la      a0, illegal_text
        call    print
        csrr    a0, stval
        call    print_hex
        j       skip

system_call:
        li      t0, 1
        beq     a7, t0, call_print
        li      t0, 2
        beq     a7, t0, call_start
        li      t0, 3
        beq     a7, t0, call_ticks
        li      t0, 4
        beq     a7, t0, call_sleep
        la      a0, off_text            # 0: the program ends
        call    print
        li      a0, 2
        ecall
call_print:                             # 1: print the text at a0
        li      t0, 1 << 18             # SUM: let the kernel read the program's memory
        csrs    sstatus, t0
        call    print
        li      t0, 1 << 18
        csrc    sstatus, t0
        j       skip
call_start:                             # 2: let the ticks begin
        li      a0, 1
        ecall
        j       skip
call_ticks:                             # 3: how many ticks were there?
        la      t0, ticks
        ld      t0, 0(t0)
        sd      t0, 32(sp)              # is a0 when the program goes on
        j       skip
call_sleep:                             # 4: sleep until there were a0 ticks
        la      t0, ticks
        ld      t0, 0(t0)
        ld      a0, 32(sp)
        bgeu    t0, a0, skip
        wfi                             # wakes although SIE = 0
        csrr    t0, sip
        andi    t0, t0, 1 << 5
        beqz    t0, call_sleep
        call    on_tick
        j       call_sleep
skip:   csrr    t0, sepc
        addi    t0, t0, 4
        csrw    sepc, t0
        jr      s0

on_tick:
        mv      s1, ra
        la      t0, ticks
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        la      a0, tick_text
        call    print
        la      t0, ticks
        ld      a0, 0(t0)
        call    print_hex
        la      t0, ticks
        ld      a0, 0(t0)
        slti    a0, a0, 3               # three of them are enough
        ecall
        jr      s1

fail_kernel:
        la      a0, panic_text
        call    print
        csrr    a0, scause
        call    print_hex
        ebreak                          # is not delegated: the firmware ends it

# Print the text at a0. Changes a0, t0, t1.
print:  li      t1, UART
1:      lbu     t0, 0(a0)
        beqz    t0, 2f
        sb      t0, 0(t1)
        addi    a0, a0, 1
        j       1b
2:      ret

# Print a0 as a hexadecimal number, and a newline. Changes a1, t0, t1, t2.
print_hex:
        li      t1, UART
        li      a1, 60
1:      srl     t0, a0, a1              # skip leading zeros, but not the last digit
        bnez    t0, 2f
        beqz    a1, 2f
        addi    a1, a1, -4
        j       1b
2:      srl     t0, a0, a1
        andi    t0, t0, 15
        addi    t0, t0, '0'
        sltiu   t2, t0, '9' + 1
        bnez    t2, 3f
        addi    t0, t0, 'a' - '0' - 10
3:      sb      t0, 0(t1)
        addi    a1, a1, -4
        bgez    a1, 2b
        li      t0, '\n'
        sb      t0, 0(t1)
        ret

paging_text:    .asciz "kernel: paging is on\n"
fault_text:     .asciz "kernel: page fault at 0x"
illegal_text:   .asciz "kernel: illegal instruction 0x"
tick_text:      .asciz "kernel: tick "
off_text:       .asciz "kernel: off\n"
panic_text:     .asciz "kernel: panic, scause 0x"

# ----------------------------------------------------------------------------------- program

        .balign 4096
program:
        li      a7, 1
        lla     a0, hello_text
        ecall
        li      t0, HEAP                # not there yet
        li      t1, 42
        sd      t1, 8(t0)
        ld      t2, 8(t0)
        bne     t1, t2, stop
        li      a7, 1
        lla     a0, heap_text
        ecall
        li      a7, 2
        ecall
1:      li      a7, 3                   # the first two ticks interrupt the program
        ecall
        addi    a0, a0, -2
        bltz    a0, 1b
        li      a7, 4                   # the third one finds it asleep
        li      a0, 3
        ecall
        sret                            # is not for programs
        li      a7, 1
        lla     a0, bye_text
        ecall
stop:   li      a7, 0
        ecall
hello_text:     .asciz "program: hello\n"
heap_text:      .asciz "program: the page is there\n"
bye_text:       .asciz "program: bye\n"

        .balign 4096
heap:   .zero   4096
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096
ticks:  .dword  0
firmware_frame: .zero 16
kernel_frame:   .zero 64
