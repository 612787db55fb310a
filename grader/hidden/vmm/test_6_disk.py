"""The disk, and what it must not reach (V11, V12)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm import configuration
from vmlab.image import Format, NewImage
from vmlab.testing import Mismatch, clause
from vmlab.vm import DiskConfig, State

from grader.hidden.vmm.kernels import LOOKS, NUMBERED, PAGING, kernel, short, transcript

TABLE_FROM_DISK = f"""
main:   la      a0, on_trap
        call    catch
        csrw    medeleg, zero
        csrw    mideleg, zero
        li      s11, 0
        call    disk_start
        la      t0, leaves              # a sector of PTEs, written first
        la      t1, two
        srli    t1, t1, 2
        ori     s3, t1, 0xc7
        sd      s3, 0(t0)
        sd      s3, 8(t0)
        li      a0, WRITE
        li      a1, 1
        la      a2, leaves
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        la      t0, leaves
        la      t1, one
        srli    t1, t1, 2
        ori     s2, t1, 0xc7
        sd      s2, 0(t0)
        la      a0, supervisor
        j       paging
supervisor:
        li      s0, WINDOW
        ld      a0, 0(s0)
        call    puthex
        li      a0, READ                # and read over the table that is in use
        li      a1, 1
        la      a2, leaves
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        sfence.vma
        ld      a0, 0(s0)
        call    puthex
        li      s1, WINDOW + 0x1000
        ld      a0, 0(s1)
        call    puthex
        la      t0, patch
        jalr    t0
        call    puthex
        li      a0, READ                # over code that has just run
        li      a1, 0
        la      a2, patch
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        fence.i
        la      t0, patch
        jalr    t0
        call    puthex
        call    newline
        call    finish
{LOOKS}
        .balign 512
patch:  li      a0, 1
        ret
        .zero   512
        .balign 4096
one:    .dword  0x11
        .balign 4096
two:    .dword  0x22
{PAGING}
"""
RETURNS_TWO = bytes.fromhex("09458280").ljust(512, b"\0")
"""c.li a0, 2; c.jr ra"""
FILLS = """
main:   call    disk_start              # write sectors until that fails
        mv      s0, a0
        li      s1, 0
1:      beq     s1, s0, 2f
        li      a0, WRITE
        slli    a1, s1, 7
        la      a2, data
        li      a3, 512
        call    disk_submit
        call    disk_wait
        bnez    a0, 2f
        addi    s1, s1, 1
        li      t0, 40
        bltu    s1, t0, 1b
2:      call    puthex                  # the last status
        li      t0, 20
        sltu    a0, s1, t0
        call    puthex
        li      a0, READ                # what was written is there
        li      a1, 0
        la      a2, sector
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        ld      a0, sector
        call    puthex
        call    newline
        call    finish
        .balign 8
data:   .dword  0x1234
        .zero   504
        .balign 4096
sector: .zero   512
"""
READ_ONLY = """
main:   call    disk_start
        call    puthex
        li      t0, VIRTIO
        sw      zero, 0x14(t0)
        lw      a0, 0x10(t0)
        andi    a0, a0, 32              # VIRTIO_BLK_F_RO
        call    puthex
        li      a0, WRITE
        li      a1, 1
        la      a2, sector
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        li      a0, READ
        li      a1, 1
        la      a2, sector
        li      a3, 512
        call    disk_submit
        call    disk_wait
        call    puthex
        ld      a0, sector
        call    puthex
        call    newline
        call    finish
        .balign 4096
sector:   .zero   512
"""
REACHES_OUT = """
        .equ    END, RAM + PAGES * 4096
main:   call    disk_start
        li      s0, 0
1:      slli    t0, s0, 3
        la      t1, places
        add     t0, t0, t1
        ld      a2, 0(t0)
        beqz    a2, 2f
        li      a0, WORD                # READ, or WRITE
        li      a1, 0
        li      a3, 1024
        call    disk_submit
        li      t0, 300                 # that may break the queue: do not wait for ever
3:      addi    t0, t0, -1
        bnez    t0, 3b
        call    disk_start
        la      t0, available
        sh      zero, 2(t0)
        la      t0, used
        sh      zero, 2(t0)
        addi    s0, s0, 1
        j       1b
2:      la      a0, text
        call    puts
        call    finish
text:   .asciz  "tried\\n"
        .balign 8
places: .dword  END, END - 512, END + 4096, END + 8192, END + 65536, RAM - 512, RAM - 4096
        .dword  RAM + 0x100000, RAM + 0x200000, 0x3ff000, END - 1023, 0x10000000, -512, 0
"""


@clause("V11")
@weight(1)
@number("11.2")
def test_another_disk(bench, given):
    """Requests, interrupts and flushes on a disk do what they do on the bare machine."""
    disk = bytes(reversed(NUMBERED))
    guest = bench.start().equals(given("traps"), kernel("disk", 0x5EED), disk=NUMBERED)
    guest.prints(transcript("disk"))
    bench.equals(given("traps"), kernel("queues"), disk=disk)


@clause("V11")
@weight(1)
@number("11.3")
def test_a_device_that_writes(bench, given):
    """What the disk writes into page tables and code counts, like the guest's own stores."""
    guest = bench.start().equals(
        given("traps"), short(TABLE_FROM_DISK), disk=RETURNS_TWO + bytes(1536)
    )
    guest.prints(" 0 11 0 22 22 1 0 2\n")


@clause("V11")
@weight(1)
@number("11.4")
def test_a_disk_each(bench, given):
    """Each VM has a disk of its own, and an interrupt of its own."""
    bench.start(quantum=300)
    disks = {7: NUMBERED, 8: bytes(len(NUMBERED)), 9: NUMBERED[512:] + NUMBERED[:512]}
    guests = {word: bench.vm(kernel("disk", word), disk=disk) for word, disk in disks.items()}
    bench.run()
    for word, guest in guests.items():
        bench.bare(given("traps"), kernel("disk", word), disk=disks[word]).check(guest)


@clause("V12")
@weight(1)
@number("12.2")
def test_out_of_reach(bench):
    """A request that points out of the VM's RAM reaches nothing there, not other VMs either."""
    bench.start(quantum=200)
    others = [bench.vm(kernel("memory", word)) for word in (0xAAAA, 0xBBBB)]
    guests = [bench.vm(short(REACHES_OUT, word), disk=NUMBERED) for word in (0, 1)]
    others.append(bench.vm(kernel("hello", 5), pages=16))
    bench.run()
    for guest in guests:
        guest.prints("tried\n")
        if guest.disk != NUMBERED:
            raise Mismatch(f"disk of VM {guest.name}", "as it was", "changed")
    others[-1].prints("hello from 5\n")


@clause("V12")
@weight(1)
@number("12.3")
def test_quota(bench, given):
    """A disk that grows ends at its quota: the guest sees an error, and what it has stays."""
    bench.start()
    name = "grows.qcow2"
    given("disk").create(bench.store, name, NewImage(Format.QCOW2, 4 << 20))
    quota = bench.store.files[name].size + (700 << 10)
    drive = DiskConfig(name, Format.QCOW2, quota=quota)
    guest = bench.create(configuration(short(FILLS), "grows", 1, disk=drive))
    bench.run()
    guest.prints(" 1 1 0 1234\n")
    if bench.store.files[name].size > quota:
        got = f"{bench.store.files[name].size} bytes"
        raise Mismatch("the image of VM grows", f"at most {quota} bytes", got)


@clause("V12")
@weight(1)
@number("12.4")
def test_read_only(bench):
    """A disk that is for reading says so, and refuses to be written to."""
    bench.start()
    guest = bench.vm(short(READ_ONLY), disk=NUMBERED, read_only=True)
    bench.run()
    guest.prints(" 20 20 1 0 202020202020202\n")
    guest.ends(State.OFF)
    if guest.disk != NUMBERED:
        raise Mismatch("a disk for reading only", "as it was", "changed")
