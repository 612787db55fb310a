# Two processes in U-mode, each in an address space of its own, under a kernel in S-mode.
#
#   firmware   hands the machine's timer on to the kernel
#   kernel     switches between processes at each tick, and only then; pages on demand; system calls
#   program    run twice, as processes 1 and 2: waits for its turn without ever yielding, uses a page
#              that is not there, says so, passes the turn on; at last looks at all its pages
#
# So no matter when the ticks come, the lines have one order. WORD is mixed into what they say.

        .equ    SLICE, 1500             # of mtime
        .equ    ROUNDS, 3
        .equ    TURN, CODE + 0x1000     # the page that processes share
        .equ    FREE, 14                # pages

# ---------------------------------------------------------------------------------- firmware

main:   la      a0, firmware
        call    catch
        la      a0, kernel
        li      a1, 0xb104              # page faults, ecall from U, illegal instruction
        j       to_kernel

firmware:
        li      t0, STI
        bltz    a0, 1f
        li      t1, 9                   # an ecall of the kernel: the next tick, please
        bne     a0, t1, broken
        csrc    mip, t0
        li      t0, MTIME
        ld      t0, 0(t0)
        li      t1, SLICE
        add     t0, t0, t1
        li      t1, MTIMECMP
        sd      t0, 0(t1)
        li      t0, 1 << 7
        csrs    mie, t0
        addi    a0, a1, 4
        ret
1:      csrs    mip, t0                 # the kernel's tick begins, the machine's own is heard
        li      t0, 1 << 7
        csrc    mie, t0
        mv      a0, a1
        ret
broken: mv      a1, a0
        la      a0, broken_text
        call    putline
        li      a0, 1
        call    fail

# ------------------------------------------------------------------------------------ kernel

kernel: la      a0, begins
        li      a1, WORD
        call    putline
        la      t0, on_trap
        la      t1, kernel_entry
        sd      t0, 0(t1)
        la      s0, pool
        li      s1, FREE
1:      mv      a0, s0
        call    free
        li      t0, 4096
        add     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, 1b
        la      s0, processes + PROCESS
        li      s3, 2
2:      mv      a0, s3
        li      a1, CODE
        la      a2, program
        call    make
        la      a0, shared
        li      a1, OWN
        call    entry
        ld      t0, LEAVES(s0)
        sd      a0, 8(t0)
        addi    s0, s0, -PROCESS
        addi    s3, s3, -1
        bnez    s3, 2b
        la      t0, shared              # process 1 begins
        li      t1, 1
        sd      t1, 0(t0)
        li      t0, STI
        csrw    sie, t0
        ecall
        la      s0, processes
        j       resume

on_trap:
        csrr    s2, scause
        bltz    s2, tick
        li      t0, 8
        beq     s2, t0, system_call
        li      t0, 13
        beq     s2, t0, page_fault
        li      t0, 15
        beq     s2, t0, page_fault
        j       kill

tick:   ecall                           # the next one, please
        call    other
        j       resume

# Make s0 the other process, if that lives.
other:  la      t0, processes
        bne     s0, t0, 1f
        addi    t0, t0, PROCESS
1:      ld      t1, NUMBER(t0)
        beqz    t1, 2f
        mv      s0, t0
2:      ret

page_fault:
        csrr    a0, stval
        call    demand
        beqz    a0, kill
        la      t0, faults
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        j       resume                  # and it tries again

system_call:
        ld      t0, PC(s0)
        addi    t0, t0, 4
        sd      t0, PC(s0)
        li      t0, 1
        bltu    a7, t0, exit            # 0: end
        bgtu    a7, t0, 1f              # 1: print the text at a0
        li      t0, 1 << 18             # SUM: let the kernel read the program's memory
        csrs    sstatus, t0
        call    puts
        li      t0, 1 << 18
        csrc    sstatus, t0
        j       resume
1:      call    puthex                  # 2: print the number in a0, and end the line
        call    newline
        j       resume

kill:   la      a0, killed
        mv      a1, s2
        call    putline
exit:   ld      s4, NUMBER(s0)
        sd      zero, NUMBER(s0)
        la      a0, gone
        mv      a1, s4
        call    putline
        li      t0, 3                   # let the other have the turn
        sub     t0, t0, s4
        la      t1, shared
        sd      t0, 0(t1)
        mv      s3, s0
        call    other
        bne     s0, s3, resume
        la      a0, pages
        ld      a1, faults
        call    putline
        call    finish

broken_text: .asciz "firmware: cause"
begins: .asciz  "kernel of"
killed: .asciz  "kernel: trap"
gone:   .asciz  "kernel: end of process"
pages:  .asciz  "kernel: pages on demand"

# ----------------------------------------------------------------------------------- program

        .balign 4096
program:
        mv      s0, a0
        li      s1, 0                   # rounds so far
1:      li      t0, TURN
2:      ld      t1, 0(t0)               # wait without yielding
        bne     t1, s0, 2b
        li      t0, ROUNDS
        beq     s1, t0, 3f
        call    slot
        ld      t1, 0(t0)               # a new page is empty
        bnez    t1, wrong
        call    number
        sd      t1, 0(t0)
        lla     a0, says
        li      a7, 1
        ecall
        mv      a0, t1
        li      a7, 2
        ecall
        addi    s1, s1, 1
        li      t0, TURN
        li      t1, 3
        sub     t1, t1, s0
        sd      t1, 0(t0)
        j       1b

3:      addi    s1, s1, -1              # what it wrote is still there
        call    slot
        call    number
        ld      t2, 0(t0)
        bne     t2, t1, wrong
        bnez    s1, 3b
        lla     a0, right
        li      a7, 1
        ecall
        li      t0, 1
        bne     s0, t0, 4f
        csrr    t0, sstatus             # is not for programs: process 1 ends here
4:      li      a7, 0
        ecall
wrong:  lla     a0, bad
        li      a7, 1
        ecall
        li      a7, 0
        ecall

# Point t0 at this round's place on the heap.
slot:   slli    t0, s1, 12
        li      t1, HEAP + 24
        add     t0, t0, t1
        ret
# What belongs there, in t1.
number: li      t1, WORD
        slli    t1, t1, 8
        slli    t2, s0, 4
        or      t1, t1, t2
        or      t1, t1, s1
        ret
says:   .asciz  "process"
right:  .asciz  "process: all there\n"
bad:    .asciz  "process: wrong\n"

        .balign 4096
shared: .zero   4096                    # whose turn it is
faults: .dword  0
processes: .zero PROCESS * 2
        .balign 4096
pool:   .zero   4096 * FREE
