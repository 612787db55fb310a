"""Who has what: admission, the ledger, and frames that are nobody else's (V13 to V15)."""

from dataclasses import replace
from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_store import SparseFile
from vmlab.bench.vmm import configuration
from vmlab.image import Format
from vmlab.memory import RAM_BASE
from vmlab.testing import Mismatch, clause
from vmlab.vm import DiskConfig, Segment, State, VmConfig, VmRefused

from grader.hidden.vmm.kernels import NUMBERED, kernel, transcript

HELLO = kernel("hello", 0x11)
MEMORY = kernel("memory", 0x5EED)
LOOP = kernel("loop", 1)
CODE = Segment(RAM_BASE, bytes(4096))


@clause("V13")
@weight(1)
@number("13.2")
def test_what_cannot_be(bench):
    """Each configuration that cannot be is refused, for itself, and nothing has come of it."""
    bench.start(frames=300)
    good = configuration(HELLO, "odd", 7, pages=16)
    end = RAM_BASE + 16 * 4096
    wrong = [
        replace(good, vmid=0),
        replace(good, pages=0),
        replace(good, pages=1 << 16),
        replace(good, pages=301),
        replace(good, share=0),
        replace(good, share=101),
        replace(good, segments=[]),
        replace(good, entry=good.entry + 1),
        replace(good, entry=end),
        replace(good, entry=RAM_BASE - 4),
        replace(good, segments=[CODE, Segment(RAM_BASE + 4095, b"ab")], entry=RAM_BASE),
        replace(good, segments=[Segment(RAM_BASE + 8, b"ab"), CODE], entry=RAM_BASE),
        replace(good, segments=[CODE, Segment(end - 1, b"ab")], entry=RAM_BASE),
        replace(good, segments=[CODE, Segment(RAM_BASE - 1, b"a")], entry=RAM_BASE),
        replace(good, segments=[CODE, Segment(0x1000_0000, b"a")], entry=RAM_BASE),
        replace(good, segments=[CODE, Segment((1 << 64) - 4, bytes(8))], entry=RAM_BASE),
    ]
    for config in wrong:
        bench.refuses(config)
    guest = bench.create(good)
    bench.refuses(replace(good, name="again"))
    bench.run()
    guest.prints("hello from 11\n")
    bench.refuses(replace(good, name="too early"))  # before `destroy`, its vmid is taken


@clause("V13")
@weight(1)
@number("13.3")
def test_disks_that_cannot_be(bench):
    """So is one whose disk is missing, is no image, is too large, or is another VM's already."""
    bench.start(frames=300, disk_bytes=100_000)
    files = bench.store.files
    files["raw.img"] = SparseFile(NUMBERED)
    files["broken.qcow2"] = SparseFile(b"QFI\xfb" + bytes(600))
    good = configuration(HELLO, "disked", 3, pages=16)
    for disk in (
        DiskConfig("missing.img"),
        DiskConfig("broken.qcow2", Format.QCOW2, quota=1 << 16),
        DiskConfig("raw.img", Format.QCOW2, quota=1 << 16),
        DiskConfig("raw.img", quota=len(NUMBERED) - 1),
        DiskConfig("raw.img", quota=100_001),
    ):
        bench.refuses(replace(good, disk=disk))
    config = replace(good, disk=DiskConfig("raw.img", quota=60_000))
    guest = bench.create(config)
    more = replace(good, name="second", vmid=4)
    bench.refuses(replace(more, disk=DiskConfig("raw.img", quota=30_000)))
    files["other.img"] = SparseFile(NUMBERED)
    bench.refuses(replace(more, disk=DiskConfig("other.img", quota=40_001)))
    bench.create(replace(more, disk=DiskConfig("other.img", quota=40_000)))
    bench.destroy(guest)
    bench.create(config)


@clause("V13")
@weight(1)
@number("13.4")
def test_no_overcommit(bench):
    """What is promised to one VM is not promised to another, used or not."""
    for frames in (260, 272):
        bench.start(frames=frames)
        made = 0
        try:
            for vmid in range(1, 40):
                bench.create(configuration(HELLO, f"vm{vmid}", vmid, pages=16))
                made += 1
                bench.ledger()
        except VmRefused:
            pass
        if not 1 <= made <= frames // 16:
            most = frames // 16
            raise Mismatch(f"VMs of 16 pages on {frames} frames", f"1 to {most}", str(made))
        bench.refuses(configuration(HELLO, "late", 50, pages=16))
        bench.run()
        for guest in bench.guests.values():
            guest.prints("hello from 11\n")


@clause("V13")
@weight(1)
@number("13.5")
def test_no_such_vm(bench):
    """What is asked about a VM that is not there is refused."""
    bench.start()
    guest = bench.vm(HELLO)
    bench.destroy(guest)
    before = bench.ledger()
    for what, ask in {
        "status": lambda: bench.part.status(guest.vmid),
        "destroy": lambda: bench.part.destroy(bench.host, bench.store, guest.vmid),
        "balloon": lambda: bench.part.balloon(bench.host, 77, 1),
    }.items():
        try:
            ask()
        except VmRefused:
            continue
        raise Mismatch(f"{what} of a VM that does not exist", "it is refused", "no refusal")
    if bench.ledger() != before:
        raise Mismatch("the ledger after refusals", "as before", "another one")


class Model:
    """What must be in the ledger, kept beside it while a drawn sequence is played."""

    def __init__(self, bench, random):
        """Begin with an empty host."""
        self.bench = bench.start(frames=300, quantum=400, disk_bytes=100_000)
        self.random = random
        self.alive = {}
        self.empty = bench.ledger()

    def step(self):
        """Do something drawn, and compare."""
        kinds = [self.create, self.create, self.destroy, self.run]
        self.random.choice(kinds)()
        self.compare()

    def create(self):
        """Make a VM, if it may be."""
        random, bench = self.random, self.bench
        vmid = random.randrange(1, 9)
        pages, share = random.choice((8, 16, 30, 64, 150)), random.randrange(1, 101)
        program = random.choice((HELLO, LOOP))
        disk = None
        if random.random() < 0.4:
            name = f"{vmid}.img"
            bench.store.files[name] = SparseFile(NUMBERED)
            disk = DiskConfig(name, quota=random.randrange(len(NUMBERED), 70_000))
        config = configuration(program, f"vm{vmid}", vmid, pages=pages, share=share, disk=disk)
        before = bench.part.ledger()
        used = sum(guest.config.pages for guest in self.lives())
        quotas = sum(guest.config.disk.quota for guest in self.lives() if guest.config.disk)
        must_not = (
            vmid in self.alive
            or used + pages > 300
            or (disk is not None and quotas + disk.quota > 100_000)
        )
        try:
            guest = bench.create(config)
        except VmRefused:
            if bench.part.ledger() != before:
                raise Mismatch("create refused", "the ledger as before", "another") from None
            if not self.alive and pages <= 64:
                said = "it is made: the host is empty"
                raise Mismatch(f"create of a VM of {pages} pages", said, "it is refused") from None
            return
        if must_not:
            raise Mismatch(f"create of {config.name}", "it is refused: there is no room", "made")
        self.alive[vmid] = guest

    def destroy(self):
        """End a VM, one that has ended itself perhaps."""
        if self.alive:
            vmid = self.random.choice(sorted(self.alive))
            self.bench.destroy(self.alive.pop(vmid))

    def run(self):
        """Let time pass."""
        self.bench.run(self.random.choice((10, 300, 2_000)))

    def lives(self):
        """Return the VMs that have not ended."""
        ended = (State.OFF, State.KILLED, State.LOST)
        return [guest for guest in self.alive.values() if guest.status().state not in ended]

    def compare(self):
        """Raise Mismatch unless the ledger has just them."""
        ledger = self.bench.ledger()
        configs = sorted((guest.config for guest in self.lives()), key=lambda c: c.vmid)
        expected = [account_of(config) for config in configs]
        found = [(a.vmid, a.promised, a.share, a.disk_bytes) for a in ledger.accounts]
        if found != expected:
            raise Mismatch("vmid, promised, share and disk of all", f"{expected}", f"{found}")
        left = 100_000 - sum(disk for *_, disk in expected)
        if ledger.disk_bytes != left:
            raise Mismatch("bytes left for disks", f"{left}", f"{ledger.disk_bytes}")
        for account in ledger.accounts:
            if account.memory > account.promised or account.tables > account.reserved:
                raise Mismatch("an account", "no more than is promised", f"{account}")
        if not expected and ledger != self.empty:
            raise Mismatch("the ledger without VMs", f"{self.empty}", f"{ledger}")


def account_of(config: VmConfig) -> tuple[int, int, int, int]:
    """Return what the ledger must say of a VM."""
    quota = config.disk.quota if config.disk else 0
    return config.vmid, config.pages, config.share, quota


@clause("V14")
@weight(1)
@number("14.2")
def test_any_sequence(bench):
    """VMs come and go in any order, and the ledger has what is theirs."""
    for seed in range(4):
        model = Model(bench, Random(seed))
        for _ in range(25):
            model.step()
        while model.alive:
            model.destroy()
            model.compare()


@clause("V14")
@weight(1)
@number("14.3")
def test_all_comes_back(bench):
    """However a VM ends, all that it had is free again; so another just as large can be made."""
    bench.start(frames=160, disk_bytes=len(NUMBERED))
    empty = bench.ledger()
    ends = [
        ("hello", 1, State.OFF),
        ("processes", 2, State.OFF),
        ("loop", 3, State.RUNNING),
        ("hello", 4, State.OFF),
    ]
    for name, word, state in ends:
        guest = bench.vm(kernel(name, word), disk=NUMBERED)
        bench.run(100_000 if name != "loop" else 3_000)
        guest.ends(state)
        if state is not State.RUNNING and bench.ledger() != empty:
            raise Mismatch(f"the ledger when {name} has ended", f"{empty}", f"{bench.ledger()}")
        bench.destroy(guest)
        if bench.ledger() != empty:
            raise Mismatch(f"the ledger without {name}", f"{empty}", f"{bench.ledger()}")


@clause("V15")
@weight(1)
@number("15.2")
def test_nothing_of_the_last(bench):
    """A VM finds zeros where others had their memory and their shadow tables."""
    bench.start(frames=200)
    for name, word in (("processes", 3), ("memory", 0x5EED), ("memory", 0x5EED)):
        guest = bench.vm(kernel(name, word))
        bench.run()
        if name == "memory":
            guest.prints(transcript(name))
        bench.destroy(guest)
    small = [bench.vm(kernel("processes", word), pages=48) for word in (1, 2)]
    bench.destroy(small[0])
    last = bench.vm(kernel("memory", 0x5EED, 40), pages=40)
    bench.run()
    last.ends(State.OFF)
    if "not zero 0\n" not in last.console:
        raise Mismatch("RAM of a new VM", "zeros", last.console)


@clause("V15")
@weight(1)
@number("15.3")
def test_side_by_side(bench):
    """No store of one VM is seen by another, though all fill all that they have."""
    bench.start(quantum=700)
    guests = [bench.vm(MEMORY) for _ in range(4)]
    bench.run()
    for guest in guests:
        guest.prints(transcript("memory"))
