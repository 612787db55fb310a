# A small kernel: the machine-mode half sets up, the supervisor prints and yields, timer ticks count.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    MTIMECMP, 0x02004000
        .equ    MTIME, 0x0200bff8
        PERIOD  = 1000
        .equ    MPP, 3 << 11
        .equ    MPP_S, 1 << 11
        .equ    MTIE, 1 << 7
        .equ    FRAME, frame_end - frame

        .section .text.init
        .globl  _start
        .type   _start, @function
_start:
        csrr    t0, mhartid
        bnez    t0, halt                # only one hart runs
        la      sp, stack_top
        la      t0, trap
        csrw    mtvec, t0
        la      t0, frame
        csrw    mscratch, t0
        li      t0, -1                  # supervisor may reach all of memory
        csrw    pmpaddr0, t0
        csrwi   pmpcfg0, 0x1f
        csrw    medeleg, zero; csrw mideleg, zero
        li      t1, MTIE
        csrs    mie, t1
        call    arm_timer
        li      t0, MPP
        csrc    mstatus, t0
        li      t0, MPP_S
        csrs    mstatus, t0
        la      t0, supervisor
        csrw    mepc, t0
        mret
halt:   wfi
        j       halt

        /* The trap handler: all registers it uses
           are kept in the frame. */
        .align  2
trap:
        csrrw   t6, mscratch, t6
        sd      t0, 0(t6)
        sd      t1, 8(t6)
        sd      ra, 16(t6)
        csrr    t0, mcause
        bltz    t0, interrupt
        li      t1, 9
        bne     t0, t1, fatal
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        j       leave
interrupt:
        lw      t0, ticks
        addiw   t0, t0, 1
        sw      t0, ticks, t1
        call    arm_timer
leave:  ld      t0, 0(t6)
        ld      t1, 8(t6)
        ld      ra, 16(t6)
        csrrw   t6, mscratch, t6
        mret
fatal:  li      t0, FINISHER
        li      t1, 0x3333 | 1 << 16
        sw      t1, (t0)
1:      j       1b

arm_timer:
        li      t0, MTIME
        ld      t1, (t0)
        addi    t1, t1, PERIOD
        li      t0, MTIMECMP
        sd      t1, (t0)
        ret

        .text
supervisor:
        la      a0, greeting
        call    print
1:      lw      a0, ticks
        sltiu   a1, a0, 3
        bnez    a1, 1b
        ecall
        la      a0, table
        ld      a1, 0(a0)
        jalr    a1
        li      a0, FINISHER
        li      a1, 0x5555
        fence   rw, rw
        sw      a1, 0(a0)
2:      wfi
        j       2b

print:  li      a1, UART
1:      lbu     a2, (a0)
        beqz    a2, 2f
        sb      a2, (a1)
        addi    a0, a0, 1
        j       1b
2:      ret

say_bye:
        addi    sp, sp, -16
        sd      ra, 8(sp)
        la      a0, bye
        call    print
        lui     a0, %hi(0x12345fff)
        addi    a0, a0, %lo(0x12345fff)
3:      auipc   a0, %pcrel_hi(lock)
        addi    a0, a0, %pcrel_lo(3b)
        li      a1, 1
4:      lr.w.aq a2, (a0)
        bnez    a2, 4b
        sc.w.rl a2, a1, (a0)
        bnez    a2, 4b
        amoswap.w.rl x0, x0, (a0)
        ld      ra, 8(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
greeting:
        .string "ticks, \"please\"\n"
bye:    .ascii  "bye", "\n\0"
        .balign 8
table:  .dword  say_bye, print - say_bye, 'x', FRAME

        .data
ticks:  .word   0
lock:   .half   0, 0
        .byte   1, -1, 0xff, '\n'
        .align  3
frame:  .zero   3 * 8
frame_end:
        .bss
        .balign 16
stack:  .skip   1024
stack_top:
