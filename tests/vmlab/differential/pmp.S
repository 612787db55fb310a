# Physical memory protection: one probe after another, in S-mode, U-mode and M-mode, against
# entries of every kind. Each line: cause and address (relative) of a refusal, or of the ecall.

_start:
    la      sp, stack
    la      t0, handler
    csrw    mtvec, t0

    # Registers: 54 bits of address, and locked ones.
    li      s0, -1
    srli    s0, s0, 10
    csrw    pmpaddr0, s0
    csrr    a0, pmpaddr0
    call    puthex
    csrwi   pmpcfg0, 0x1f
    csrr    a0, pmpcfg0
    call    puthex
    csrwi   pmpcfg0, 0
    csrr    a0, pmpcfg2
    call    puthex
    call    newline

    # Nothing is open but 4 bytes at 0: S-mode cannot even fetch.
    csrw    pmpaddr0, zero
    csrwi   pmpcfg0, 0x17
    li      s2, 1                   # mode: S
    la      s3, probe_load
    call    below

    # 0 closes 8 bytes of data (NAPOT), 1 a word (NA4), 2 and 3 a range (TOR); 4 opens the rest.
    la      s4, data
    srli    t0, s4, 2
    csrw    pmpaddr0, t0            # NAPOT: low bit 0, so 8 bytes
    addi    t1, t0, 4
    csrw    pmpaddr1, t1            # NA4 at data + 16
    addi    t1, t0, 8
    csrw    pmpaddr2, t1
    addi    t1, t0, 12
    csrw    pmpaddr3, t1            # TOR: data + 32 up to data + 48
    csrw    pmpaddr4, s0
    li      t0, 0x1f0900101c        # 0: X; 1: none; 2: off; 3: R; 4: all
    csrw    pmpcfg0, t0
    csrr    a0, pmpcfg0
    call    puthex
    call    newline

    li      s2, 2                   # modes: U, then S, then M with MPRV as U
1:  addi    s2, s2, -1
    li      s5, 0
2:  la      s3, probe_load
    call    below
    la      s3, probe_word
    call    below
    la      s3, probe_store
    call    below
    addi    s5, s5, 8
    li      t0, 64
    bltu    s5, t0, 2b
    bnez    s2, 1b
    li      s5, 0
3:  add     a0, s4, s5
    li      t0, 0x20000
    csrs    mstatus, t0             # MPRV, MPP = U
    lbu     a1, 0(a0)
    csrc    mstatus, t0
    addi    s5, s5, 8
    li      t0, 64
    bltu    s5, t0, 3b
    call    newline

    # M-mode is not bound, until an entry is locked.
    ld      a1, 8(s4)
    sd      a1, 40(s4)
    ld      a1, 40(s4)
    li      t0, 0x1f8900101c        # lock 3
    csrw    pmpcfg0, t0
    sd      a1, 40(s4)              # refused now
    ld      a1, 40(s4)
    csrw    pmpcfg0, zero           # the lock stays
    csrr    a0, pmpcfg0
    call    puthex
    csrw    pmpaddr3, zero
    csrw    pmpaddr2, zero          # the bottom of a locked range
    csrw    pmpaddr4, zero
    csrr    a0, pmpaddr3
    sub     a0, a0, s4
    call    puthex
    csrr    a0, pmpaddr2
    csrr    a1, pmpaddr3
    sub     a0, a1, a0
    call    puthex
    csrr    a0, pmpaddr4
    call    puthex
    sd      a1, 40(s4)
    call    newline

    # Page tables are read as S-mode reads: one closed table, and the access itself faults.
    csrw    pmpaddr4, s0
    li      t0, 0x1f00000000
    csrw    pmpcfg0, t0
    la      t0, table
    li      t1, 0x200000cf
    sd      t1, 16(t0)
    srli    t2, t0, 12
    li      t1, 8 << 60
    or      t1, t1, t2
    csrw    satp, t1
    li      s2, 1
    li      s5, 56
    la      s3, probe_load
    call    below
    la      t0, table
    srli    t0, t0, 2
    ori     t0, t0, 0x1ff
    csrw    pmpaddr0, t0
    li      t0, 0x1f00000018        # 4 KiB without any right
    csrw    pmpcfg0, t0
    sfence.vma
    la      s3, probe_load
    call    below
    csrw    satp, zero
    call    finish

# Run the code at s3 in the mode s2, until it traps.
below:
    mv      s6, ra
    slli    t0, s2, 11
    li      t1, 3 << 11
    csrc    mstatus, t1
    csrs    mstatus, t0
    csrw    mepc, s3
    la      s7, 1f
    mret
1:  mv      ra, s6
    ret

    .align 4
probe_load:
    add     a0, s4, s5
    ld      a1, 0(a0)
    ecall
probe_word:
    add     a0, s4, s5
    lw      a1, 4(a0)
    ecall
probe_store:
    add     a0, s4, s5
    sb      a1, 3(a0)
    ecall

# Report the trap; go on at s7 if it is set, else behind the instruction.
    .align 2
handler:
    mv      s8, ra
    csrr    a0, mcause
    call    puthex
    csrr    a0, mtval
    la      t0, _start
    bltu    a0, t0, 1f
    sub     a0, a0, t0
1:  call    puthex
    call    newline
    mv      ra, s8
    csrr    t0, mepc
    addi    t0, t0, 4
    beqz    s7, 2f
    mv      t0, s7
    li      s7, 0
2:  csrw    mepc, t0
    li      t0, 3 << 11
    csrs    mstatus, t0
    li      t0, 0x20000
    csrc    mstatus, t0
    mret

    .align 12
data:
    .zero   4096
table:
    .zero   4096
