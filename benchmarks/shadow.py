"""What a pager costs: a fill, a reflected fault, a protected store, a whole grading run, memory.

    python benchmarks/shadow.py [--repeat 5] [--runs 3] [PAGER.py]

Each cost is of one access of a guest that is not done at the first try, with all that the bench
does for it, less that of an access that is. `here` has the pager in this process, `walled` in a
worker behind walls. Medians of `--repeat` rounds, and the fastest of them: on a busy host the
medians tell of the host. A grading run is of the whole submission, sessions and workers included.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vmlab.bench.shadow import BASE, DIRECT, SHARED, Bench, Vm
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.memory import Ram
from vmlab.parts.shadow import Part
from vmlab.testing.loading import load_part

from grader import walls
from grader.course import Course
from grader.link import SharedMemory
from grader.run import collect, grade_submission
from grader.zygote import Limits, Zygote

SOLUTION = Path(__file__).resolve().parents[1] / "reference" / "solutions" / "shadow.py"
PAGE, DATA = 0x1234_5000, BASE + 0x2_0000
PAGES = 20
LIMITS = Limits(cpu_seconds=100, wall_seconds=300, calls=10_000_000)


def guest(bench: Bench) -> tuple[Vm, int]:
    """Return a guest with PAGES pages that it has not used, and where the entry of the first is."""
    vm = bench.vm()
    root = vm.space()
    entries = [vm.map(root, PAGE + n * 0x1000, DATA + n * 0x1000) for n in range(PAGES)]
    vm.runs("S", root, sum=True)
    vm.load(DIRECT).reaches(BASE)
    vm.store(DIRECT + DATA - BASE).reaches(DATA)
    return vm, entries[0]


def fills(vm: Vm, entry: int) -> None:
    """Load from pages that are not in the shadow yet."""
    for n in range(PAGES):
        vm.load(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)


def reflected(vm: Vm, entry: int) -> None:
    """Load from a page that the guest does not map."""
    for _ in range(PAGES):
        vm.load(PAGE + PAGES * 0x1000).faults()


def protected(vm: Vm, entry: int) -> None:
    """Store to entries of a table that is in use, which map nothing."""
    for n in range(PAGES):
        vm.store(DIRECT + entry - BASE + (PAGES + n) * 8, 0).reaches(entry + (PAGES + n) * 8)


def used(vm: Vm, entry: int) -> None:
    """Load from a page that is in the shadow."""
    for _ in range(PAGES):
        vm.load(DIRECT).reaches(BASE)


def seconds(times: int, bench: Bench, job: Callable[[Vm, int], None]) -> list[float]:
    """Return what an access of `job` takes: the median, and the least."""
    found = []
    for _ in range(times):
        vm, entry = guest(bench)
        if job is protected:
            vm.load(PAGE).reaches(DATA)
        start = time.perf_counter()
        job(vm, entry)
        found.append((time.perf_counter() - start) / PAGES)
    return [statistics.median(found), min(found)]


@contextmanager
def walled(folder: Path) -> Iterator[Bench]:
    """A bench whose pager is in a worker."""
    standing = walls.Policy(frozenset(wall.name for wall in walls.available() if wall.stands))
    with (
        Zygote(folder, "shadow", LIMITS, standing) as zygote,
        SharedMemory(SHARED) as memory,
        zygote.worker(memory.descriptor) as worker,
    ):
        yield Bench(worker.link(Interface.of(Part)), Ram(SHARED, fd=memory.descriptor))


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pager", nargs="?", type=Path, default=SOLUTION)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(given.pager, folder / "shadow.py")
        here = Bench(LocalLink(load_part(folder, "shadow"), Interface.of(Part)))
        heads = ("here", "fastest", "walled", "fastest")
        print(f"{'microseconds an access':28}" + "".join(f"{head:>9}" for head in heads))
        with walled(folder) as far:
            least = [value for bench in (here, far) for value in seconds(given.repeat, bench, used)]
            rows = {"an access that is done": least}
            for job in (fills, reflected, protected):
                costs = [v for bench in (here, far) for v in seconds(given.repeat, bench, job)]
                rows[job.__name__] = [cost - base for cost, base in zip(costs, least, strict=True)]
        for name, row in rows.items():
            print(f"{name:28}" + "".join(f"{1e6 * value:9.0f}" for value in row))
        grade(folder, given.runs)


def grade(folder: Path, runs: int) -> None:
    """Grade the pager so many times."""
    unit = Course.find().unit("shadow_paging")
    tests = collect(unit)
    wall, processor = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        report = grade_submission(unit, folder, tests, trust=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.perf_counter() - start)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(
        f"grading run: {report.score} of {report.max_score}; {statistics.median(wall):.1f} s, "
        f"processor {statistics.median(processor):.1f} s; the largest process at its peak "
        f"{after.ru_maxrss // 1024} MiB"
    )


if __name__ == "__main__":
    main()
