# A small guest without paging: firmware in M-mode, a kernel in S-mode, a program in U-mode.
#
# On the bare machine these are the modes of the hart. Under a VMM all of it runs in U-mode, and
# every CSR instruction, mret, sret and wfi below is emulated.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    MTIMECMP, 0x2004000
        .equ    MTIME, 0x200bff8
        .equ    TICK, 1000              # of mtime
        .equ    NOWHERE, 0x90000000     # neither RAM nor a device

# ---------------------------------------------------------------------------------- firmware

_start: la      t0, firmware_trap
        csrw    mtvec, t0
        li      t0, 0x0124              # load access fault, ecall from U, illegal instruction
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
        beqz    a0, off                 # 0: the end
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

kernel: la      t0, kernel_trap
        csrw    stvec, t0
        la      t0, kernel_frame
        csrw    sscratch, t0
        la      a0, hello_text
        call    print
        csrwi   sie, 0
        li      t0, 1 << 5
        csrs    sie, t0
        li      t0, 1 << 8
        csrc    sstatus, t0             # SPP = U
        csrsi   sstatus, 1 << 1         # SIE: nothing is pending yet
        la      t0, program
        csrw    sepc, t0
        sret

        .balign 4
kernel_trap:
        csrrw   sp, sscratch, sp
        sd      ra, 8(sp)
        sd      t0, 0(sp)
        sd      t1, 16(sp)
        sd      t2, 24(sp)
        sd      a0, 32(sp)
        sd      a1, 40(sp)
        csrr    t0, scause
        bltz    t0, tick
        li      t1, 8
        beq     t0, t1, system_call
        li      t1, 2
        beq     t0, t1, illegal
        li      t1, 5
        beq     t0, t1, bad_load
        ebreak                          # is not delegated: the firmware ends it

illegal:
        la      a0, illegal_text
        j       report
bad_load:
        la      a0, load_text
report: call    print
        csrr    a0, stval
        call    print_hex
skip:   csrr    t0, sepc
        addi    t0, t0, 4
        csrw    sepc, t0
kernel_return:
        ld      a1, 40(sp)
        ld      a0, 32(sp)
        ld      t2, 24(sp)
        ld      t1, 16(sp)
        ld      t0, 0(sp)
        ld      ra, 8(sp)
        csrrw   sp, sscratch, sp
        sret

tick:   la      t0, ticks
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        la      a0, tick_text
        call    print
        la      t0, ticks
        ld      a0, 0(t0)
        call    print_hex
        csrci   sie, 0                  # no write: 0 is given as immediate
        li      t0, 1 << 5
        csrc    sie, t0                 # until the program asks for the next one
        j       kernel_return

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
        li      a0, 0
        ecall
call_print:                             # 1: print the text at a0
        call    print
        j       skip
call_start:                             # 2: the next tick, please
        li      t0, 1 << 5
        csrs    sie, t0
        li      a0, 1
        ecall
        j       skip
call_ticks:                             # 3: how many ticks were there?
        la      t0, ticks
        ld      t0, 0(t0)
        sd      t0, 32(sp)
        j       skip
call_sleep:                             # 4: sleep until there were a0 ticks
        la      t0, ticks
        ld      t0, 0(t0)
        bgeu    t0, a0, skip
        csrr    t0, sip
        andi    t0, t0, 1 << 5
        bnez    t0, skip                # it is taken after sret
        wfi
        j       call_sleep

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

hello_text:     .asciz "kernel: hello\n"
illegal_text:   .asciz "kernel: illegal instruction 0x"
load_text:      .asciz "kernel: bad load at 0x"
tick_text:      .asciz "kernel: tick "
off_text:       .asciz "kernel: off\n"

# ----------------------------------------------------------------------------------- program

        .balign 4
program:
        li      a7, 1
        la      a0, program_text
        ecall
        li      t0, NOWHERE
        lb      t1, 0(t0)               # the kernel steps over it
        li      a7, 2
        ecall
1:      li      a7, 3                   # the first tick interrupts the program
        ecall
        beqz    a0, 1b
        li      a7, 2
        ecall
        li      a7, 4                   # the second one finds it asleep
        li      a0, 2
        ecall
        mret                            # is not for programs
        li      a7, 1
        la      a0, bye_text
        ecall
        li      a7, 0
        ecall
program_text:   .asciz "program: hello\n"
bye_text:       .asciz "program: bye\n"

        .balign 8
ticks:  .dword  0
firmware_frame: .zero 16
kernel_frame:   .zero 48
