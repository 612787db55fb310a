"""Steps 7 and 9: who has what (V13-V15, V20)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm import configuration
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause
from vmlab.vm import DiskConfig, VmConfig

GUESTS = Guests(Path(__file__).parent)


@clause("V13")
@weight(1)
@number("13.1")
def test_refusals(bench):
    """What cannot be is refused, in a sentence with the VM's name; nothing has come of it."""
    bench.start(frames=300)
    hello = GUESTS.build("hello")
    bench.refuses(configuration(hello, "large", 1, pages=400))
    bench.refuses(configuration(hello, "tiny", 1, pages=0))
    bench.refuses(configuration(hello, "diskless", 1, disk=DiskConfig("none.img")))
    bench.refuses(VmConfig("empty", 1, 8, [], 0x8000_0000))
    good = configuration(hello, "twice", 1)
    bench.refuses(VmConfig("twice", 1, 64, good.segments * 2, good.entry))
    bench.create(good)
    bench.refuses(configuration(hello, "same", 1))
    bench.run()


@clause("V14")
@weight(2)
@number("14.1")
def test_ledger(bench):
    """Frames are free, or a VM's; when VMs end, or are ended, all are free again."""
    bench.start()
    ledger = bench.ledger
    if ledger().accounts or ledger().free != len(bench.resources.frames):
        raise Mismatch("the ledger of a host without VMs", "all frames are free", f"{ledger()}")
    one, two = bench.vm(GUESTS.build("hello"), pages=40), bench.vm(GUESTS.build("loop"), pages=50)
    found = [(account.vmid, account.promised) for account in ledger().accounts]
    if found != [(one.vmid, 40), (two.vmid, 50)]:
        raise Mismatch("the ledger with two VMs of 40 and 50 pages", "them", f"{found}")
    bench.run(10_000)
    one.prints("hello from 0\n")
    ledger()
    bench.destroy(one)
    bench.destroy(two)
    if ledger().accounts or ledger().free != len(bench.resources.frames):
        raise Mismatch("the ledger after the last VM", "all frames are free", f"{ledger()}")


@clause("V15")
@weight(1)
@number("15.1")
def test_frames_are_zeroed(bench):
    """A VM finds zeros in its RAM, though others had the frames before."""
    bench.start(frames=160)
    for word in (1, 2, 3):
        vm = bench.vm(GUESTS.build("memory", word))
        bench.run()
        vm.prints(GUESTS.prints("memory", word))
        bench.destroy(vm)


@clause("V20")
@weight(1)
@number("20.1")
def test_balloon(bench):
    """Frames full of zeros go to another VM; the guest gets zeros again where it looks."""
    bench.start(frames=160)
    vm = bench.vm(GUESTS.build("memory", 7))
    left = bench.balloon(vm, 20)
    [account] = bench.ledger().accounts
    if left > 20 or account.memory > 20:
        got = f"{left}, and it has {account.memory}"
        raise Mismatch("a balloon that leaves 20 frames of 64", "20 at most", got)
    bench.balloon(vm, 64)
    bench.run()
    vm.prints(GUESTS.prints("memory", 7))
