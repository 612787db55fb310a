# All of it: a kernel in S-mode with preempted processes, page tables, a timer, the console and a
# disk, for several VMs that differ in WORD. Needs a disk of 24 sectors and, typed, two lines. Its
# programs are in os_programs.S, which stands behind it.
#
#   writer (1)    counts boots in sector 0; writes two pages of a pattern to the disk; sleeps between
#   shell (2)     echoes two lines
#   counter (3)   computes all the while
#   reader (4)    begins when the writer ends, in pages that were its tables and heap; compares
#
# Who prints awaits a stage and ends it when it has printed, so that the lines have one order. All
# else happens in what order it may: processes run at once, for a slice each, and when they are
# all blocked the hart waits.
#
# A system call that must wait leaves the pc where it is: the process makes it again when something
# has happened. Calls, by a7: 0 exit, 1 print the text at a0, 2 print the number a0 and end the line,
# 3 await stage a0, 4 end the stage, 5 get a character, 6 put one, 7 sleep for a0 slices, 8 move
# (a0: READ, WRITE, FLUSH) the page at address a2 to or from sector a1.

        .equ    SLICE, 2000             # of mtime
        .equ    SEI, 1 << 9
        .equ    CLAIM, PLIC + 0x201004
        .equ    WAITS, STATE            # of a process
        .equ    WAKE, STATE + 8         # the slice at which it has slept enough

main:   la      a0, firmware
        call    catch
        li      t0, 1 << 63             # menvcfg.STCE, mcounteren.TM: the kernel has its timer
        csrs    menvcfg, t0
        csrsi   mcounteren, 2
        la      a0, kernel
        li      a1, 0xb104              # page faults, ecall from U, illegal instruction
        j       to_kernel

firmware:                               # is never needed again
        mv      a1, a0
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
        la      s0, pool                # behind the image; 24 pages will do
        li      s1, 24
1:      mv      a0, s0
        call    free
        li      t0, 4096
        add     s0, s0, t0
        addi    s1, s1, -1
        bnez    s1, 1b
        li      a0, 3
        call    start
        li      a0, 2
        call    start
        li      a0, 1
        call    start

        la      t0, root                # the kernel's own tables, for when a process goes
        li      t1, DEVICES
        sd      t1, 0(t0)
        li      t1, RAM >> 2 | KERNEL
        sd      t1, 16(t0)
        call    disk_start
        li      t0, PLIC
        li      t1, 1
        sw      t1, 4 * DISK_IRQ(t0)    # priorities
        sw      t1, 4 * UART_IRQ(t0)
        li      t0, PLIC + 0x2080
        li      t1, 1 << UART_IRQ | 1 << DISK_IRQ
        sw      t1, 0(t0)               # enabled for the S context
        li      t0, PLIC + 0x201000
        sw      zero, 0(t0)             # threshold
        li      t0, UART
        li      t1, 1
        sb      t1, 1(t0)               # the receiver interrupts
        li      t0, STI | SEI
        csrw    sie, t0
        la      s0, processes
        call    next_slice
        j       resume

# Start process a0. Changes s0 to s2.
start:  addi    t0, a0, -1
        li      t1, PROCESS
        mul     t0, t0, t1
        la      s0, processes
        add     s0, s0, t0
        slli    t0, a0, 3
        la      t1, beginnings - 8
        add     t0, t0, t1
        ld      a1, 0(t0)
        la      a2, programs
        sub     a1, a1, a2
        li      t0, CODE
        add     a1, a1, t0
        j       make

next_slice:
        rdtime  t0
        li      t1, SLICE
        add     t0, t0, t1
        csrw    stimecmp, t0
        ret

on_trap:
        csrr    s2, scause
        bltz    s2, 1f
        li      t0, 8
        beq     s2, t0, system_call
        li      t0, 13
        beq     s2, t0, page_fault
        li      t0, 15
        beq     s2, t0, page_fault
        j       kill
1:      call    interrupts
        j       schedule

# Serve all that is pending, and let who waits look again.
interrupts:
        mv      s11, ra
        csrr    s10, sip
        andi    t0, s10, STI
        beqz    t0, 1f
        la      t0, slices
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        call    next_slice
1:      li      t0, SEI
        and     t0, t0, s10
        beqz    t0, 4f
2:      li      s9, CLAIM
        lw      s8, 0(s9)
        beqz    s8, 4f
        li      t0, VIRTIO              # the disk: what is done, the caller will see
        lw      t1, 0x060(t0)
        sw      t1, 0x064(t0)
        li      t0, UART
3:      lbu     t1, 5(t0)
        andi    t1, t1, 1
        beqz    t1, 5f
        lbu     t1, 0(t0)
        la      t2, typed
        ld      t3, 0(t2)               # how many so far
        addi    a0, t3, 1
        sd      a0, 0(t2)
        andi    t3, t3, 63
        add     t2, t2, t3
        sb      t1, 16(t2)
        j       3b
5:      sw      s8, 0(s9)               # complete
        j       2b
4:      la      t0, processes
        sd      zero, WAITS(t0)
        sd      zero, WAITS + PROCESS(t0)
        sd      zero, WAITS + 2 * PROCESS(t0)
        sd      zero, WAITS + 3 * PROCESS(t0)
        jr      s11

block:  li      t0, 1                   # the process at s0 waits
        sd      t0, WAITS(s0)
schedule:                               # go on with the next process that can
        la      t0, processes
        li      t1, PROCESS
        li      t2, 4
1:      add     s0, s0, t1
        li      t3, 4 * PROCESS
        add     t3, t3, t0
        bltu    s0, t3, 2f
        mv      s0, t0
2:      ld      t3, NUMBER(s0)
        beqz    t3, 3f
        ld      t3, WAITS(s0)
        beqz    t3, resume
3:      addi    t2, t2, -1
        bnez    t2, 1b
        wfi                             # they all wait; what is enabled wakes
        call    interrupts
        j       schedule

page_fault:
        csrr    a0, stval
        call    demand
        beqz    a0, kill
        j       resume

system_call:
        slli    t0, a7, 3
        li      t1, 9 * 8
        bgeu    t0, t1, kill
        la      t1, calls
        add     t0, t0, t1
        ld      t0, 0(t0)
        jr      t0
wake_all:                               # something has happened without an interrupt
        la      t0, processes
        sd      zero, WAITS(t0)
        sd      zero, WAITS + PROCESS(t0)
        sd      zero, WAITS + 2 * PROCESS(t0)
        sd      zero, WAITS + 3 * PROCESS(t0)
done:   ld      t0, PC(s0)
        addi    t0, t0, 4
        sd      t0, PC(s0)
        j       resume

print:  li      s1, 1 << 18             # SUM: let the kernel read the program's memory
        csrs    sstatus, s1
        call    puts
        csrc    sstatus, s1
        j       done
print_number:
        call    puthex
        call    newline
        j       done
put_character:
        call    putc
        j       done
await:  ld      t0, stage
        bne     t0, a0, block
        j       done
end_stage:
        la      t0, stage
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        j       wake_all
get_character:
        la      t0, typed
        ld      t1, 0(t0)
        ld      t2, 8(t0)
        beq     t1, t2, block
        addi    t3, t2, 1
        sd      t3, 8(t0)
        andi    t2, t2, 63
        add     t0, t0, t2
        lbu     t0, 16(t0)
        sd      t0, A0(s0)
        j       done
sleep:  ld      t0, slices
        ld      t1, WAKE(s0)
        bnez    t1, 1f
        add     t1, t0, a0
        sd      t1, WAKE(s0)
1:      bltu    t0, t1, block
        sd      zero, WAKE(s0)
        j       done

move:   ld      t0, disk_user
        beq     t0, s0, 3f
        bnez    t0, block               # another's request is under way
        la      t0, disk_user
        sd      s0, 0(t0)
        mv      s1, a0
        mv      s2, a1
        li      a3, 0
        li      t0, FLUSH
        beq     s1, t0, 2f
        li      a3, 4096
        srli    t0, a2, 12              # its heap is the table's entries 16 and so on
        andi    t0, t0, 511
        slli    t0, t0, 3
        ld      t1, LEAVES(s0)
        add     t0, t0, t1
        ld      t0, 0(t0)
        beqz    t0, kill
        srli    t0, t0, 10
        slli    a2, t0, 12
2:      mv      a0, s1
        mv      a1, s2
        call    disk_submit
3:      call    disk_busy
        bnez    a0, block
        la      t0, disk_user
        sd      zero, 0(t0)
        lbu     t0, status
        sd      t0, A0(s0)
        j       wake_all

kill:   la      a0, killed
        mv      a1, s2
        call    putline
exit:   ld      a1, NUMBER(s0)
        mv      s5, a1
        la      a0, gone
        call    putline
        la      t0, root                # out of the tables that go
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        ld      s3, LEAVES(s0)
        li      s4, 16                  # its heap
1:      slli    t0, s4, 3
        add     t0, t0, s3
        ld      t0, 0(t0)
        beqz    t0, 2f
        srli    t0, t0, 10
        slli    a0, t0, 12
        call    free
2:      addi    s4, s4, 1
        li      t0, 32
        bltu    s4, t0, 1b
        mv      a0, s3
        call    free
        ld      a0, MIDDLE(s0)
        call    free
        ld      a0, ROOT(s0)
        call    free
        sd      zero, NUMBER(s0)
        sfence.vma
        la      t0, stage
        ld      t1, 0(t0)
        addi    t1, t1, 1
        sd      t1, 0(t0)
        li      t0, 6                   # all stages are over
        bgtu    t1, t0, off
        li      t0, 1
        bne     s5, t0, 3f
        li      a0, 4                   # after process 1 comes process 4
        call    start
3:      la      t0, processes
        sd      zero, WAITS(t0)
        sd      zero, WAITS + PROCESS(t0)
        sd      zero, WAITS + 2 * PROCESS(t0)
        sd      zero, WAITS + 3 * PROCESS(t0)
        j       schedule
off:    la      a0, over
        call    puts
        call    finish

broken_text: .asciz "firmware: cause"
begins: .asciz  "kernel of"
killed: .asciz  "kernel: trap"
gone:   .asciz  "end of process"
over:   .asciz  "off\n"

        .balign 8
calls:  .dword  exit, print, print_number, await, end_stage, get_character, put_character, sleep
        .dword  move
beginnings: .dword writer, shell, counter, reader
stage:  .dword  0
slices: .dword  0
disk_user: .dword 0
typed:  .dword  0, 0                    # characters that came, and that were taken; the last 64
        .zero   64
processes: .zero 4 * PROCESS
        .balign 4096
root:   .zero   4096
