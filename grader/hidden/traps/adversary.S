# A guest that does what kernels rarely do, but may: everything that is due at once, traps that are
# taken in the mode that raised them, instructions that a higher mode intercepts and then permits.
#
# Firmware's handlers change t3 to t6, those of the kernel s8 to s11; nothing else uses them there.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    MSIP, 0x2000000
        .equ    MTIMECMP, 0x2004000
        .equ    TSR, 1 << 22
        .equ    TW, 1 << 21
        .equ    TVM, 1 << 20
        .equ    SUM, 1 << 18
        .equ    MPRV, 1 << 17
        .equ    TEXTS, 0x40000000       # where the page `texts` is mapped, for S-mode
        .equ    PROGRAM, 0x40001000     # and `program`, for U-mode
        .equ    NOTHING, 0x40002000     # where nothing is

_start: la      t0, firmware_vectors + 1
        csrw    mtvec, t0
        li      t0, -1                  # QEMU has physical memory protection: allow everything
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0

        # 1. Everything that can be pending is. `wfi` goes on although MIE = 0.
        li      t0, 1
        li      t1, MSIP
        sw      t0, 0(t1)
        li      t1, MTIMECMP
        sd      zero, 0(t1)
        li      t0, 0x222               # SEI, STI, SSI
        csrs    mip, t0
        li      t0, 0xaaa
        csrw    mie, t0
        wfi
        la      a0, awake_text
        call    say
        csrsi   mstatus, 8              # and now they come, the most urgent first
        csrci   mstatus, 8

        # 2. What M-mode raises stays there, although all of it is delegated.
        li      t0, 0xb3ff
        csrw    medeleg, t0
        csrw    cycle, zero             # is read-only
        csrr    t0, 0x5a8               # does not exist
        li      t0, 0xb309              # page faults, ecalls of U and S, misaligned fetch,
        csrw    medeleg, t0             # breakpoint; not illegal instructions

        # 3. Paging, seen from M-mode: MPRV is for loads and stores, not for fetches.
        la      t0, root
        li      t1, 0x000000c7          # D A W R V: devices
        sd      t1, 0(t0)
        li      t1, 0x200000cf          # D A X W R V: RAM
        sd      t1, 16(t0)
        la      t1, middle
        srli    t1, t1, 2
        ori     t1, t1, 0x01
        sd      t1, 8(t0)
        la      t0, middle
        la      t1, leaves
        srli    t1, t1, 2
        ori     t1, t1, 0x01
        sd      t1, 0(t0)
        la      t0, leaves
        la      t1, texts
        srli    t1, t1, 2
        ori     t1, t1, 0x43            # A R V
        sd      t1, 0(t0)
        la      t1, program
        srli    t1, t1, 2
        ori     t1, t1, 0x5b            # A U X R V
        sd      t1, 8(t0)
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, MPRV | 1 << 11      # as S-mode
        csrs    mstatus, t0
        li      a0, TEXTS
        call    say
        li      t0, NOTHING
        lw      t1, 0x124(t0)           # a fault from M to M: MPRV stays, MPP is now U
        li      t0, 1 << 11
        csrs    mstatus, t0
        li      a0, TEXTS
        lbu     t1, 0(a0)
        li      t0, MPRV
        csrc    mstatus, t0
        li      t0, 'h'
        bne     t0, t1, fail

        # 4. Into the kernel by `sret`, with an interrupt due for each level.
        li      t0, 0x22
        csrs    mip, t0
        li      t0, 1 << 1              # the software interrupt is delegated, the timer's is not
        csrw    mideleg, t0
        li      t0, 0x22
        csrw    mie, t0
        la      t0, kernel_vectors + 1
        csrw    stvec, t0
        la      t0, kernel
        csrw    sepc, t0
        li      t0, 0x120 | TSR | TW | TVM    # SPP = S, SPIE
        csrs    mstatus, t0
        sret

        .balign 64
firmware_vectors:
        j       firmware_exception
        j       on_ssi
        j       fail
        j       on_msi
        j       fail
        j       on_sti
        j       fail
        j       on_mti
        j       fail
        j       on_sei
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail

on_ssi: la      t3, ssi_text
        li      t4, 1 << 1
        j       clear
on_sti: la      t3, sti_text
        li      t4, 1 << 5
        j       clear
on_sei: la      t3, sei_text
        li      t4, 1 << 9
clear:  csrc    mip, t4
        j       note
on_msi: la      t3, msi_text
        li      t4, MSIP
        sw      zero, 0(t4)
        j       note
on_mti: la      t3, mti_text
        li      t4, MTIMECMP
        li      t5, -1
        sd      t5, 0(t4)
note:   li      t4, UART
1:      lbu     t5, 0(t3)
        beqz    t5, 2f
        sb      t5, 0(t4)
        addi    t3, t3, 1
        j       1b
2:      mret

firmware_exception:
        la      t3, firmware_saved
        sd      ra, 0(t3)
        sd      a0, 8(t3)
        sd      a1, 16(t3)
        la      a0, firmware_text
        call    say
        csrr    a0, mcause
        call    say_hex
        la      a0, value_text
        call    say
        csrr    a0, mtval
        call    say_hex
        csrr    t3, mstatus
        srli    t3, t3, 11
        andi    t3, t3, 3
        li      t4, 3
        beq     t3, t4, step_over       # from M-mode: go on behind it
        beqz    t3, hand_down           # from U-mode: let the kernel have it
        csrr    t3, mtval               # from S-mode: permit it, and let it try again
        li      t4, 0x12000073
        li      t5, TVM
        beq     t3, t4, permit
        li      t4, 0x10500073
        li      t5, TW
        beq     t3, t4, permit
        li      t4, 0x10200073
        li      t5, TSR
        beq     t3, t4, permit
        csrwi   mcounteren, 7
        j       firmware_return
permit: csrc    mstatus, t5
        j       firmware_return
hand_down:
        li      t3, 1 << 2
        csrs    medeleg, t3
        j       firmware_return
step_over:
        csrr    t3, mepc
        addi    t3, t3, 4
        csrw    mepc, t3
firmware_return:
        la      t3, firmware_saved
        ld      a1, 16(t3)
        ld      a0, 8(t3)
        ld      ra, 0(t3)
        mret

fail:   li      t1, 1 << 16 | 0x3333
        li      t0, FINISHER
        sw      t1, 0(t0)
        j       fail

# Print the text at a0. Changes a0, t5, t6.
say:    li      t6, UART
        csrr    t5, sscratch            # on the way, a register that nobody may change
        bnez    t5, 3f
1:      lbu     t5, 0(a0)
        beqz    t5, 2f
        sb      t5, 0(t6)
        addi    a0, a0, 1
        j       1b
2:      ret
3:      j       fail

# Print a0 as a hexadecimal number, and a newline. Changes a1, t4, t5, t6.
say_hex:
        li      t6, UART
        li      a1, 60
1:      srl     t5, a0, a1
        bnez    t5, 2f
        beqz    a1, 2f
        addi    a1, a1, -4
        j       1b
2:      srl     t5, a0, a1
        andi    t5, t5, 15
        addi    t5, t5, '0'
        sltiu   t4, t5, '9' + 1
        bnez    t4, 3f
        addi    t5, t5, 'a' - '0' - 10
3:      sb      t5, 0(t6)
        addi    a1, a1, -4
        bgez    a1, 2b
        li      t5, '\n'
        sb      t5, 0(t6)
        ret

# ------------------------------------------------------------------------------------ kernel

kernel: la      a0, kernel_text         # the delegated interrupt has come before this
        call    say
        csrr    t0, sstatus
        andi    t0, t0, 0x122           # SPP = U, SPIE = 1, SIE = 1 after the return
        li      t1, 0x22
        bne     t0, t1, fail
        csrci   sstatus, 2
        sfence.vma                      # TVM
        csrr    t0, time                # mcounteren
        csrsi   sip, 2
        wfi                             # TW; what is pending wakes, although SIE = 0
        ecall                           # is delegated: from S to S
        li      t0, PROGRAM
        csrw    sepc, t0
        li      t0, 0x120
        csrc    sstatus, t0             # SPP = U, SPIE = 0: the interrupt waits all the same
        csrwi   sie, 0                  # if it is disabled here
        sret                            # TSR

        .balign 64
kernel_vectors:
        j       kernel_exception
        j       kernel_software
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail
        j       fail

kernel_software:
        la      s8, software_saved
        sd      ra, 0(s8)
        sd      a0, 8(s8)
        la      a0, software_text
        call    say
        csrci   sip, 2
        la      a0, kernel              # does it come before the kernel's first instruction?
        csrr    s9, sepc
        bne     s9, a0, 1f
        la      a0, first_text
        call    say
1:      csrr    s9, sstatus
        andi    s9, s9, 0x100           # SPP: every one of them comes from S-mode
        beqz    s9, fail
        ld      a0, 8(s8)
        ld      ra, 0(s8)
        sret

kernel_exception:
        la      s10, kernel_saved
        sd      ra, 0(s10)
        sd      a0, 8(s10)
        sd      a1, 16(s10)
        la      a0, exception_text
        call    say
        csrr    a0, scause
        call    say_hex
        csrr    s11, scause
        li      s9, 3                   # stval of a breakpoint is left open
        beq     s11, s9, 1f
        la      a0, value_text
        call    say
        csrr    a0, stval
        call    say_hex
1:      li      s9, 12
        beq     s11, s9, bad_jump
        csrr    s9, sepc
        addi    s9, s9, 4
        csrw    sepc, s9
        li      s9, 8
        beq     s11, s9, system_call
        j       kernel_return
bad_jump:                               # go back to where the program came from
        csrr    s9, sepc
        csrr    a0, stval
        bne     s9, a0, fail
        ld      s9, 0(s10)
        csrw    sepc, s9
        j       kernel_return
system_call:
        beqz    a7, off
        csrr    a0, sepc                # let an interrupt come in the middle of this
        csrr    s11, sstatus
        csrwi   sie, 2
        csrsi   sip, 2
        csrsi   sstatus, 2
        csrci   sstatus, 2
        csrwi   sie, 0
        csrw    sepc, a0
        csrw    sstatus, s11
kernel_return:
        ld      a1, 16(s10)
        ld      a0, 8(s10)
        ld      ra, 0(s10)
        sret

off:    la      a0, off_text
        call    say
        li      t1, 0x5555
        li      t0, FINISHER
        sw      t1, 0(t0)
        j       off

awake_text:     .asciz "firmware: awake\n"
firmware_text:  .asciz "firmware: cause "
value_text:     .asciz "    value "
ssi_text:       .asciz "firmware: SSI\n"
sti_text:       .asciz "firmware: STI\n"
sei_text:       .asciz "firmware: SEI\n"
msi_text:       .asciz "firmware: MSI\n"
mti_text:       .asciz "firmware: MTI\n"
kernel_text:    .asciz "kernel: begins\n"
software_text:  .asciz "kernel: SSI\n"
first_text:     .asciz "    before the first instruction\n"
exception_text: .asciz "kernel: cause "
off_text:       .asciz "kernel: off\n"

        .balign 8
firmware_saved: .zero 24
kernel_saved:   .zero 24
software_saved: .zero 16

        .balign 4096
texts:  .asciz  "hello from the other address space\n"

        .balign 4096
program:
        csrr    t0, cycle               # mcounteren shows it, scounteren does not
        li      a7, 1
        ecall
        li      t0, NOTHING
        jalr    t0
        ebreak
        li      a7, 0
        ecall

        .balign 4096
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096
