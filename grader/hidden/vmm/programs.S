# What stands around each random program (programs.py), which goes on at `begin` and has, besides
# its sections, two words for here: EXACT, 1 if it is to tell times, and the bytes `rights`, of its
# data's pages. x3 points into its data, x4 counts its loops.

        .equ    MAGIC, 0x5ec7104e       # in a7: an ecall that ends a section
        .equ    WINDOW, 0x40000000
        .equ    USER_DATA, WINDOW + 128 * 4096
        .equ    KERNEL_DATA, WINDOW + 132 * 4096

main:   la      a0, on_trap
        call    catch
        call    tables
        j       begin

# Root: devices and RAM to themselves, for S-mode; the window for U-mode, which has the image from
# page 0 on, and the data from page 128 on, for U-mode and then once more for S-mode.
tables: la      t0, root
        li      t1, 0xc7                # V R W A D
        sd      t1, 0(t0)
        li      t1, RAM >> 2 | 0xcf     # V R W X A D
        sd      t1, 16(t0)
        la      t1, middle
        srli    t1, t1, 2
        ori     t1, t1, 1
        sd      t1, 8(t0)
        la      t0, middle
        la      t1, leaves
        srli    t1, t1, 2
        ori     t1, t1, 1
        sd      t1, 0(t0)
        la      t0, leaves
        li      t1, RAM >> 2 | 0x5b     # V R X U A
        li      t2, 32
1:      sd      t1, 0(t0)
        addi    t0, t0, 8
        addi    t1, t1, 0x400
        addi    t2, t2, -1
        bnez    t2, 1b
        la      t0, leaves + 8 * 128
        la      t1, rights
        li      t2, 2
2:      la      t3, data
        srli    t3, t3, 2
        li      t4, 4
3:      lbu     t5, 0(t1)
        or      t5, t5, t3
        sd      t5, 0(t0)
        addi    t0, t0, 8
        addi    t1, t1, 1
        addi    t3, t3, 0x400
        addi    t4, t4, -1
        bnez    t4, 3b
        addi    t2, t2, -1
        bnez    t2, 2b
        ret

# Use them from now on.
translate:
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        ret

# Set the timer, for t0 ticks from now and t1 times more.
arm:    sd      t1, ticks, t2
        li      t2, MTIME
        ld      t2, 0(t2)
        add     t0, t0, t2
        li      t2, MTIMECMP
        sd      t0, 0(t2)
        ret

# Rotate the sum, which is in t4, and mix t2 in. Called by t3; changes t5 and t6.
fold:   slli    t5, t4, 7
        srli    t6, t4, 57
        or      t4, t5, t6
        xor     t4, t4, t2
        jr      t3

# Keep all registers, mix them into the sum, print that, and go on with the next section.
keep:   csrw    sscratch, t0
        la      t0, registers
        sd      x1, 8 * 1(t0)
        sd      x2, 8 * 2(t0)
        sd      x3, 8 * 3(t0)
        sd      x4, 8 * 4(t0)
        sd      x6, 8 * 6(t0)
        sd      x7, 8 * 7(t0)
        sd      x8, 8 * 8(t0)
        sd      x9, 8 * 9(t0)
        sd      x10, 8 * 10(t0)
        sd      x11, 8 * 11(t0)
        sd      x12, 8 * 12(t0)
        sd      x13, 8 * 13(t0)
        sd      x14, 8 * 14(t0)
        sd      x15, 8 * 15(t0)
        sd      x16, 8 * 16(t0)
        sd      x17, 8 * 17(t0)
        sd      x18, 8 * 18(t0)
        sd      x19, 8 * 19(t0)
        sd      x20, 8 * 20(t0)
        sd      x21, 8 * 21(t0)
        sd      x22, 8 * 22(t0)
        sd      x23, 8 * 23(t0)
        sd      x24, 8 * 24(t0)
        sd      x25, 8 * 25(t0)
        sd      x26, 8 * 26(t0)
        sd      x27, 8 * 27(t0)
        sd      x28, 8 * 28(t0)
        sd      x29, 8 * 29(t0)
        sd      x30, 8 * 30(t0)
        sd      x31, 8 * 31(t0)
        csrr    t1, sscratch
        sd      t1, 8 * 5(t0)
        la      sp, stack
        li      t1, 31
        ld      t4, sum
1:      addi    t0, t0, 8
        ld      t2, 0(t0)
        jal     t3, fold
        addi    t1, t1, -1
        bnez    t1, 1b
        csrr    t2, minstret
        li      t1, -EXACT
        and     t2, t2, t1
        jal     t3, fold
        sd      t4, sum, t0
        la      a0, text
        mv      a1, t4
        call    putline
        ld      t0, next
        jr      t0

# Give a section the registers that the one before has left, but for x1 and x5.
restore:
        la      t0, registers
        ld      x2, 8 * 2(t0)
        ld      x4, 8 * 4(t0)
        ld      x6, 8 * 6(t0)
        ld      x7, 8 * 7(t0)
        ld      x8, 8 * 8(t0)
        ld      x9, 8 * 9(t0)
        ld      x10, 8 * 10(t0)
        ld      x11, 8 * 11(t0)
        ld      x12, 8 * 12(t0)
        ld      x13, 8 * 13(t0)
        ld      x14, 8 * 14(t0)
        ld      x15, 8 * 15(t0)
        ld      x16, 8 * 16(t0)
        ld      x17, 8 * 17(t0)
        ld      x18, 8 * 18(t0)
        ld      x19, 8 * 19(t0)
        ld      x20, 8 * 20(t0)
        ld      x21, 8 * 21(t0)
        ld      x22, 8 * 22(t0)
        ld      x23, 8 * 23(t0)
        ld      x24, 8 * 24(t0)
        ld      x25, 8 * 25(t0)
        ld      x26, 8 * 26(t0)
        ld      x27, 8 * 27(t0)
        ld      x28, 8 * 28(t0)
        ld      x29, 8 * 29(t0)
        ld      x30, 8 * 30(t0)
        ld      x31, 8 * 31(t0)
        ret

on_trap:
        li      t0, MAGIC
        bne     a7, t0, 1f
        addi    t1, a0, -8              # an ecall?
        li      t2, 4
        bltu    t1, t2, over
1:      ld      t4, sum
        mv      t2, a0
        jal     t3, fold
        mv      t2, a1
        jal     t3, fold
        li      t2, MTIME               # when it came, if that is to be told
        ld      t2, 0(t2)
        li      t1, -EXACT
        and     t2, t2, t1
        jal     t3, fold
        csrr    t2, mtval
        jal     t3, fold
        sd      t4, sum, t0
        bltz    a0, 2f
        addi    a0, a1, 4
        ret
2:      li      t0, MTIMECMP            # the next tick, if there is one
        ld      t1, ticks
        li      t2, -1
        beqz    t1, 3f
        addi    t1, t1, -1
        sd      t1, ticks, t2
        li      t2, MTIME
        ld      t2, 0(t2)
        addi    t2, t2, 347
3:      sd      t2, 0(t0)
        mv      a0, a1
        ret
over:   li      t0, 3 << 11             # the section ends: to M-mode, where nothing interrupts
        csrs    mstatus, t0
        li      t0, 1 << 7
        csrc    mstatus, t0
        la      a0, keep
        ret

        .balign 4
s_trap: csrrw   sp, sscratch, sp
        addi    sp, sp, -64
        sd      t0, 0(sp)
        sd      t1, 8(sp)
        sd      t2, 16(sp)
        sd      t3, 24(sp)
        sd      t4, 32(sp)
        sd      t5, 40(sp)
        sd      t6, 48(sp)
        csrr    t0, scause
        li      t1, 8
        bne     t0, t1, 1f
        li      t1, MAGIC
        bne     a7, t1, 1f
        ecall                           # this is the firmware's business
1:      ld      t4, sum
        mv      t2, t0
        jal     t3, fold
        csrr    t1, sepc
        mv      t2, t1
        jal     t3, fold
        csrr    t2, stval
        jal     t3, fold
        sd      t4, sum, t2
        bltz    t0, 2f
        addi    t1, t1, 4
        csrw    sepc, t1
        j       3f
2:      csrci   sip, 2                  # the software interrupt
3:      ld      t0, 0(sp)
        ld      t1, 8(sp)
        ld      t2, 16(sp)
        ld      t3, 24(sp)
        ld      t4, 32(sp)
        ld      t5, 40(sp)
        ld      t6, 48(sp)
        addi    sp, sp, 64
        csrrw   sp, sscratch, sp
        sret

# The program is over: mix its data in.
end:    li      t0, MTIMECMP
        li      t1, -1
        sd      t1, 0(t0)
        la      t0, data
        li      t1, 4 * 512
        ld      t4, sum
1:      ld      t2, 0(t0)
        jal     t3, fold
        addi    t0, t0, 8
        addi    t1, t1, -1
        bnez    t1, 1b
        mv      a1, t4
        la      a0, text
        call    putline
        call    finish

text:   .asciz  "sum"
        .balign 8
sum:    .dword  0
next:   .dword  0                       # section
ticks:  .dword  0                       # to come
registers: .zero 256
        .zero   256
s_stack:
        .balign 4096
data:   .zero   4 * 4096
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096

