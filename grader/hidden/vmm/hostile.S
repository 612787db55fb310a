# Tries what it must not, in M-mode, S-mode and U-mode, and prints what it gets: a group a line, of
# each trap the cause and the trap value. Only what the architecture pins is here, and QEMU keeps to
# (unpinned.S has more); so the lines are the same on any machine.
#
# A trap goes on behind the instruction (all have 4 bytes), or at s11 if that is not 0: after a jump
# into nowhere. An ecall with a7 = MODE + m goes on in mode m. The handler keeps all registers but
# s11.

        .equ    NOTHING, 0x90000000     # no memory, no device
        .equ    MODE, 0x400

        .equ    U_RO, 0x53              # V R U A
        .equ    U_RW, 0xd7              # V R W U A D
        .equ    U_X, 0x5b               # V R X U A
        .equ    S_RO, 0x43              # V R A
        .equ    S_RW, 0xc7              # V R W A D
        .equ    S_XO, 0x49              # V X A

        .equ    WINDOW, 0x40000000      # page i of it: entry i of `leaves`

main:   la      a0, on_trap
        call    catch
        li      s11, 0
        csrw    medeleg, zero
        csrw    mideleg, zero
        csrw    mie, zero

        la      a0, words               # no instructions
        call    puts
        .word   0
        .word   0xffffffff
        .word   0x0000707f
        .word   0x12348000              # a compressed one, padded
        csrr    a0, 0x5c0               # no such CSR
        csrrw   a0, 0x7c0, zero
        csrw    mvendorid, zero         # read-only
        csrrwi  a0, cycle, 1
        csrrsi  a0, mhartid, 1
        call    newline

        la      a0, nowhere             # nothing there
        call    puts
        li      a5, 0x10
        lb      a0, 0(a5)
        lbu     zero, 1(a5)
        lh      a0, 2(a5)
        lw      zero, 4(a5)
        ld      a0, 8(a5)
        sb      a0, 0(a5)
        sh      a0, 2(a5)
        sw      a0, 4(a5)
        sd      a0, 8(a5)
        li      a5, NOTHING
        ld      a0, -8(a5)
        sd      a0, 16(a5)
        lr.w    a0, (a5)
        li      a5, 1 << 45
        ld      a0, 0(a5)
        sd      a0, 8(a5)
        call    newline

        la      a0, jumps               # nothing to fetch there
        call    puts
        la      s11, 1f
        li      a5, 0x40
        jr      a5
1:      la      s11, 1f
        li      a5, NOTHING + 2
        jalr    a5
1:      la      s11, 1f
        li      a5, 1 << 45
        jr      a5
1:      li      a0, ' '                 # ra is what the jump left
        call    putc
        call    newline

        la      a0, fields              # fields that keep what is legal
        call    puts
        li      t0, 1 << 60             # a reserved mode: all of the write is ignored
        li      a0, 8 << 60 | 0x80000
        csrw    satp, a0
        ori     t0, t0, 1
        csrw    satp, t0
        csrr    a0, satp
        call    puthex
        csrw    satp, zero
        li      t0, -1
        csrw    mscratch, t0            # (the stack of the handler; no trap meanwhile)
        csrr    a0, mscratch
        la      t0, trap_stack
        csrw    mscratch, t0
        call    puthex
        li      t0, -1
        csrw    mideleg, t0
        csrr    a0, mideleg
        csrw    mideleg, zero
        li      t1, 0x888
        and     a0, a0, t1              # M's interrupts stay with M
        call    puthex
        li      t0, -1
        csrrs   a0, mip, t0             # the wires cannot be written
        csrr    a0, mip
        csrc    mip, t0
        andi    a0, a0, 0x333
        call    puthex
        csrr    a0, mip
        andi    a0, a0, 0x333
        call    puthex
        li      t0, 1 << 11             # mstatus: SPP, MPP; mode 2 does not exist
        csrr    s0, mstatus
        li      t0, 3 << 11
        csrs    mstatus, t0
        csrr    a0, mstatus
        and     a0, a0, t0
        csrw    mstatus, s0
        call    puthex
        call    newline

        la      a0, from_s              # S-mode without translation
        call    puts
        li      a7, MODE + 1
        ecall
        csrr    a0, mstatus
        csrw    mtvec, zero
        csrwi   medeleg, 31
        mret
        csrr    a0, mhartid
        ld      a0, 0(zero)
        ecall
        li      a7, MODE + 3
        ecall
        li      t0, 7 << 20             # TVM, TW, TSR
        csrs    mstatus, t0
        li      a7, MODE + 1
        ecall
        csrr    a0, satp
        csrw    satp, zero
        sfence.vma
        wfi
        sret
        li      a7, MODE + 3
        ecall
        li      t0, 7 << 20
        csrc    mstatus, t0
        call    newline

        # Tables: RAM and the devices map to themselves; the window; entry 3 is the root itself.
        la      s0, root
        li      t0, S_RW
        sd      t0, 0(s0)
        li      t0, RAM >> 2 | 0xcf
        sd      t0, 16(s0)
        la      t0, middle
        srli    t0, t0, 2
        ori     t0, t0, 1
        sd      t0, 8(s0)
        srli    t0, s0, 2
        ori     t0, t0, 1
        sd      t0, 24(s0)
        la      s1, middle
        la      t0, leaves
        srli    t0, t0, 2
        ori     t0, t0, 1
        sd      t0, 0(s1)
        li      t0, (RAM + 0x1000) >> 2 | S_RW
        sd      t0, 8(s1)               # a superpage that is misaligned
        la      s2, leaves
        la      s3, rights
        la      s4, target
        srli    s4, s4, 2
1:      ld      t0, 0(s3)
        li      t1, -1
        beq     t0, t1, 2f
        or      t0, t0, s4
        sd      t0, 0(s2)
        addi    s2, s2, 8
        addi    s3, s3, 8
        j       1b
2:      li      t0, NOTHING >> 2 | S_RW
        sd      t0, 0(s2)               # 11: a page of nothing
        li      t0, UART >> 2 | U_RW
        sd      t0, 8(s2)               # 12: a device, for U-mode
        li      t0, 0xfffffffffff << 10 | S_RW
        sd      t0, 16(s2)              # 13: nothing, as far away as can be
        la      t0, program
        srli    t0, t0, 2
        ori     t0, t0, U_X
        sd      t0, 24(s2)              # 14: the program for U-mode
        srli    t0, s0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      a7, MODE + 1
        ecall

        la      a0, loads               # every page of the window: load, store, fetch
        call    puts
        call    try_loads
        la      a0, stores
        call    puts
        call    try_stores
        la      a0, fetches
        call    puts
        li      s5, WINDOW
        li      s6, 11
1:      la      s11, 2f
        jalr    s5                      # `ret` stands there
2:      li      s11, 0
        li      t0, 0x1000
        add     s5, s5, t0
        addi    s6, s6, -1
        bnez    s6, 1b
        call    newline
        li      t0, 1 << 18             # SUM
        csrs    sstatus, t0
        la      a0, with_sum
        call    puts
        call    try_loads
        li      t0, 1 << 18
        csrc    sstatus, t0
        li      t0, 1 << 19             # MXR
        csrs    sstatus, t0
        la      a0, with_mxr
        call    puts
        call    try_loads
        li      t0, 1 << 19
        csrc    sstatus, t0

        la      a0, strange             # addresses that nobody maps
        call    puts
        li      a5, WINDOW + 0x200000   # a misaligned superpage
        ld      a0, 0(a5)
        li      a5, WINDOW + 0x400000   # no table
        sd      a0, 0(a5)
        li      a5, 1 << 38             # not canonical
        ld      a0, 0(a5)
        sd      a0, 8(a5)
        li      a5, -1 << 39
        ld      a0, 0(a5)
        li      a5, 0xffffffc000000000  # canonical, and not there
        ld      a0, 0(a5)
        la      s11, 3f
        li      a5, 1 << 38
        jr      a5
3:      li      a5, WINDOW + 11 * 0x1000
        ld      a0, 0(a5)
        sd      a0, 8(a5)
        la      s11, 4f
        jr      a5
4:      li      a5, WINDOW + 13 * 0x1000
        ld      a0, 0(a5)
        li      a5, 0xc0602000          # through itself: entry 2 of the root as a last level
        ld      a0, 0(a5)
        ld      a1, RAM
        sub     a0, a0, a1
        call    puthex                  # is the first page of RAM
        li      a5, 0xc0603000          # and entry 3 is no leaf
        ld      a0, 0(a5)
        call    newline

        la      a0, from_u              # U-mode: its own pages, and a device
        call    puts
        li      t0, 1 << 8
        csrc    sstatus, t0
        li      t0, WINDOW + 14 * 0x1000
        csrw    sepc, t0
        li      a4, WINDOW
        sret

after:  call    newline                 # back in M-mode
        csrw    satp, zero
        la      a0, end
        call    puts
        call    finish

# Load from the first eleven pages of the window.
try_loads:
        mv      s7, ra
        li      s5, WINDOW
        li      s6, 11
1:      sfence.vma
        ld      a0, 512(s5)
        li      t0, 0x1000
        add     s5, s5, t0
        addi    s6, s6, -1
        bnez    s6, 1b
        call    newline
        jr      s7

try_stores:
        mv      s7, ra
        li      s5, WINDOW
        li      s6, 11
1:      sfence.vma
        sd      zero, 512(s5)
        li      t0, 0x1000
        add     s5, s5, t0
        addi    s6, s6, -1
        bnez    s6, 1b
        call    newline
        jr      s7

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
        j       2f
1:      addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
        call    puthex
        ld      a0, 16(sp)
        call    puthex
        ld      a1, 8(sp)
        ld      ra, 0(sp)
        addi    sp, sp, 32
2:      addi    a0, a1, 4
        beqz    s11, 3f
        mv      a0, s11
        li      s11, 0
3:      ret

words:  .asciz  "words"
nowhere: .asciz "nowhere"
jumps:  .asciz  "jumps"
fields: .asciz  "fields"
from_s: .asciz  "from S"
loads:  .asciz  "loads"
stores: .asciz  "stores"
fetches: .asciz "fetches"
with_sum: .asciz "SUM"
with_mxr: .asciz "MXR"
strange: .asciz "strange"
from_u: .asciz  "from U"
end:    .asciz  "end\n"
        .balign 8
rights: .dword  0, 0x43 & 0xfe, S_RO, S_RW, S_XO, U_RO, U_RW, U_X, 0x85, 1 << 54 | S_RW, 0xcd, -1

        .balign 4096
program:
        li      a7, 0
        ld      a0, 512(a4)             # page 0: not valid
        li      a5, 0x3000
        add     a5, a5, a4
        ld      a0, 512(a5)             # the kernel's
        sd      a0, 512(a5)
        li      a5, 0x5000
        add     a5, a5, a4
        ld      a0, 512(a5)             # its own, to be read
        sd      a0, 512(a5)
        li      a5, RAM
        ld      a0, 0(a5)
        sd      a0, 0(a5)
        csrr    a0, sstatus
        csrw    sscratch, zero
        csrw    satp, zero
        csrr    a0, cycle               # mcounteren is 0
        sret
        mret
        sfence.vma
        li      a5, UART                # the device where the kernel has it, and where it is its own
        sb      a0, 0(a5)
        li      a5, 0xc000
        add     a5, a5, a4
        li      a0, ' '
        sb      a0, 0(a5)
        li      a0, 'U'
        sb      a0, 0(a5)
        lla     s11, 1f
        li      a5, RAM                 # kernel code
        jr      a5
1:      ecall
        lla     a5, back                # M-mode is not translated
        ld      s11, 0(a5)
        li      a7, MODE + 3
        ecall
        .balign 8
back:   .dword  after

        .balign 4096
target: ret
        .zero   4092
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096
