# What hostile.S leaves out, since the architecture leaves it to the board or the hart, or QEMU does
# otherwise. This board's devices answer to some widths only, and to no atomic access; this hart has
# these CSRs and fields, and traps where the A or D bit is missing. A VM must be the same.
#
# A trap goes on behind the instruction, or at s11, and prints cause and trap value. If s10 is 1, it
# prints `l` or `s` instead, as a misaligned access may be told as either fault; if 2, the cause only.

        .equ    NOTHING, 0x90000000
        .equ    MODE, 0x400
        .equ    S_RW, 0xc7              # V R W A D
        .equ    WINDOW, 0x40000000

main:   la      a0, on_trap
        call    catch
        li      s10, 0
        li      s11, 0
        li      s9, 0
        csrw    medeleg, zero
        csrw    mideleg, zero
        csrw    mie, zero

        # Of each CSR of the list: what it keeps of all ones, and of all zeros; a trap if it is none.
        la      a0, fields
        call    puts
        la      s0, numbers
1:      lhu     s1, 0(s0)
        beqz    s1, 2f
        slli    s1, s1, 20              # the CSR's number, in its field of the instruction
        la      s2, ones
        li      t0, 0x00051073          # csrw 0, a0
        or      t0, t0, s1
        sw      t0, 0(s2)
        li      t0, 0x00001073          # csrw 0, zero
        or      t0, t0, s1
        sw      t0, 12(s2)
        li      t0, 0x000025f3          # csrr a1, 0
        or      t0, t0, s1
        sw      t0, 4(s2)
        li      t0, 0x00002673          # csrr a2, 0
        or      t0, t0, s1
        sw      t0, 16(s2)
        fence.i
        li      a0, -1
        li      a1, 0
        li      a2, 0
        li      a3, 0
ones:   nop
        nop
        mv      a3, a1
        nop
        nop
        mv      s3, a2
        mv      a0, a3
        call    puthex
        beqz    s3, 3f
        mv      a0, s3
        call    puthex
3:      addi    s0, s0, 2
        j       1b
2:      call    newline

        la      a0, atomic              # no atomics, neither on devices nor where nothing is
        call    puts
        li      a5, UART
        amoadd.w a0, a1, (a5)
        lr.w    a0, (a5)
        sc.w    a0, a1, (a5)
        li      a5, MTIMECMP
        amoswap.d a0, a1, (a5)
        lr.d    a0, (a5)
        amomaxu.d zero, a1, (a5)
        li      a5, NOTHING
        amoand.w a0, a1, (a5)
        amoor.d a0, a1, (a5)
        li      a5, RAM + 4
        lr.d    a0, (a5)
        amoadd.d a0, a1, (a5)
        call    newline

        la      a0, widths              # registers answer to their own widths only
        call    puts
        li      a5, UART
        lhu     a0, 4(a5)
        lw      a0, 4(a5)
        ld      a0, 0(a5)
        sh      a0, 4(a5)
        sw      a0, 4(a5)
        sd      a0, 0(a5)
        li      a5, PLIC
        lbu     a0, 40(a5)
        lh      a0, 40(a5)
        ld      a0, 40(a5)
        sb      a0, 40(a5)
        sd      a0, 40(a5)
        li      a5, MTIMECMP
        lb      a0, 0(a5)
        lhu     a0, 2(a5)
        sb      a0, 0(a5)
        sh      a0, 2(a5)
        li      a5, MSIP
        ld      a0, 0(a5)
        sd      a0, 0(a5)
        li      a5, FINISHER
        lbu     a0, 0(a5)
        sb      a0, 0(a5)
        sd      a0, 0(a5)
        li      a5, VIRTIO
        lhu     a0, 0(a5)
        ld      a0, 0(a5)
        sb      a0, 0x70(a5)
        sd      a0, 0x70(a5)
        call    newline

        la      a0, edges               # where devices end
        call    puts
        li      a5, UART + 0x100
        lbu     a0, 0(a5)
        sb      a0, 0(a5)
        lbu     a0, -1(a5)              # (there the scratch register shows once more)
        call    puthex
        li      a5, MSIP + 0x10000
        lw      a0, 0(a5)
        lw      a0, -4(a5)
        call    puthex
        li      a5, PLIC + 0x600000
        lw      a0, 0(a5)
        sw      a0, 0(a5)
        li      a5, FINISHER + 0x1000
        lw      a0, 0(a5)
        li      a5, RAM
        ld      a0, -8(a5)
        sd      a0, -8(a5)
        call    newline

        li      s10, 1
        la      a0, misaligned          # never carried out on a device, nor across its end
        call    puts
        li      a5, MTIMECMP
        ld      a0, 4(a5)
        lw      a0, 2(a5)
        sd      a0, 4(a5)
        sw      a0, 3(a5)
        li      a5, PLIC
        lw      a0, 42(a5)
        sw      a0, 41(a5)
        li      a5, UART + 0x100
        lh      a0, -1(a5)
        sw      a0, -2(a5)
        li      a5, MSIP + 0x10000
        ld      a0, -4(a5)
        li      a5, RAM
        ld      a0, -4(a5)
        sd      a0, -1(a5)
        li      s10, 0
        li      a5, MTIMECMP            # and nothing of it has been written
        ld      a0, 0(a5)
        call    puthex
        call    newline

        la      a0, jumps               # no code in devices
        call    puts
        la      s11, 1f
        li      a5, UART
        jr      a5
1:      la      s11, 1f
        li      a5, MTIMECMP
        jr      a5
1:      la      s11, 1f
        li      a5, FINISHER
        jr      a5
1:      call    newline

        # Tables: as in hostile.S; the window has pages without A or D, and tables that are nowhere.
        la      s0, root
        li      t0, S_RW
        sd      t0, 0(s0)
        li      t0, RAM >> 2 | 0xcf
        sd      t0, 16(s0)
        la      t0, middle
        srli    t0, t0, 2
        ori     t0, t0, 1
        sd      t0, 8(s0)
        la      s1, middle
        la      t0, leaves
        srli    t0, t0, 2
        ori     t0, t0, 1
        sd      t0, 0(s1)
        li      t0, NOTHING >> 2 | 1    # a table that is nowhere
        sd      t0, 8(s1)
        li      t0, PLIC >> 2 | 1       # and one in a device
        sd      t0, 16(s1)
        la      t0, leaves              # a pointer with A set
        srli    t0, t0, 2
        ori     t0, t0, 0x41
        sd      t0, 24(s1)
        la      s2, leaves
        la      s4, target
        srli    s4, s4, 2
        ori     t0, s4, 0x0f            # V R W X
        sd      t0, 0(s2)
        ori     t0, s4, 0x4f            # V R W X A
        sd      t0, 8(s2)
        srli    t0, s0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      a7, MODE + 1
        ecall
        la      a0, tables
        call    puts
        li      a5, WINDOW
        ld      a0, 0(a5)
        sd      a0, 0(a5)
        la      s11, 1f
        jr      a5
1:      li      a5, WINDOW + 0x1000
        ld      a0, 8(a5)
        sd      a0, 0(a5)
        li      a5, WINDOW + 0x200000
        ld      a0, 0(a5)
        sd      a0, 8(a5)
        la      s11, 1f
        jr      a5
1:      li      a5, WINDOW + 0x400000
        lw      a0, 0(a5)
        amoadd.w a0, a1, (a5)
        li      a5, WINDOW + 0x600000
        lw      a0, 0(a5)
        ld      a0, root                # they are as they were: nobody has set A or D
        call    puthex
        ld      a0, leaves
        andi    a0, a0, 0xff
        call    puthex
        ld      a0, leaves + 8
        andi    a0, a0, 0xff
        call    puthex
        li      t0, NOTHING >> 12 | 8 << 60
        la      s11, 1f
        li      s9, 3 << 11
        li      s10, 2
        csrw    satp, t0
        sfence.vma                      # this is no longer there
1:      csrw    satp, zero
        call    newline
        call    finish

on_trap:
        li      t0, -MODE
        add     t0, t0, a7
        li      t1, 4
        bgeu    t0, t1, 1f
        addi    t1, a0, -8              # an ecall?
        li      t2, 4
        bgeu    t1, t2, 1f
        slli    t0, t0, 11
        li      t1, 3 << 11
        csrc    mstatus, t1
        csrs    mstatus, t0
        addi    a0, a1, 4
        ret
1:      addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
        li      t0, 1
        beq     s10, t0, 2f
        call    puthex
        bnez    s10, 3f
        ld      a0, 16(sp)
        call    puthex
        j       3f
2:      addi    t0, a0, -4              # 4 or 5, 6 or 7
        srli    t0, t0, 1
        la      a0, kinds
        add     a0, a0, t0
        lbu     a0, 0(a0)
        call    putc
3:      ld      a0, 8(sp)
        addi    a0, a0, 4
        beqz    s11, 4f
        mv      a0, s11
        li      s11, 0
        csrs    mstatus, s9             # (in M-mode, the last time)
4:      ld      ra, 0(sp)
        addi    sp, sp, 32
        ret

fields: .asciz  "fields"
atomic: .asciz  "atomic"
widths: .asciz  "widths"
edges:  .asciz  "edges"
misaligned: .asciz "misaligned "
jumps:  .asciz  "jumps"
tables: .asciz  "tables"
kinds:  .asciz  "ls"
        .balign 2
numbers:                                # not mstatus, mtvec, mscratch, and no PMP
        .half   0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x180, 0x301, 0x302, 0x303, 0x304
        .half   0x306, 0x320, 0x323, 0x33f, 0x341, 0x342, 0x343, 0x344, 0x7a0, 0x7a1
        .half   0xb03, 0xb1f, 0x001, 0x200, 0x30b, 0x5a8, 0x600, 0x7b0, 0xb01, 0xf11, 0xf14, 0
        .balign 4096
target: .zero   4096
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096
