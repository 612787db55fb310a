"""The kernels print what their tests demand, on our machine as on QEMU."""

import re
import shutil
import subprocess

import pytest
from vmlab.asm import assemble
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.testing.loading import load_part

QEMU = "qemu-system-riscv64"
# By itself QEMU 7.2 takes the pending interrupt with the lowest code; with the AIA it keeps to the
# manual's order.
PRIORITIES = ("rv64,smaia=true,ssaia=true", "rv64,x-smaia=true,x-ssaia=true")
KERNELS = (
    "assignments/traps/tests/kernel.S",
    "assignments/traps/tests/guest.S",
    "grader/hidden/traps/adversary.S",
    "grader/hidden/traps/deprivileged.S",
)


@pytest.fixture
def program(request, root):
    path = root / request.param
    return assemble(path.read_text(encoding="utf-8"), name=path.name)


@pytest.fixture
def console(program, unit):
    options = Options(pmp_entries=16)  # as on QEMU
    machine = Machine(load_part(unit.course.solutions, "traps"), ram_mib=1, options=options)
    machine.load(program)
    stop = machine.run(100_000)
    assert (stop.reason, stop.code) == (Reason.FINISHED, 0)
    return machine.uart.output


def supported(processor):
    command = [QEMU, "-machine", "virt", "-cpu", processor, "-display", "none", "-S"]
    quit_ = subprocess.run(
        [*command, "-monitor", "stdio"], input=b"quit\n", capture_output=True, timeout=60
    )
    return quit_.returncode == 0


@pytest.mark.parametrize("program", KERNELS, indirect=True)
def test_same_console_on_qemu(program, console, tmp_path):
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")
    processor = next((name for name in PRIORITIES if supported(name)), None)
    if processor is None:
        pytest.skip(f"{QEMU} has no processor with the manual's interrupt priorities")
    loaders = []
    for number, (address, contents) in enumerate(program.segments):
        image = tmp_path / f"{number}.bin"
        image.write_bytes(contents)
        loaders += ["-device", f"loader,file={image},addr={address:#x},force-raw=on"]
    board = ["-machine", "virt", "-cpu", processor, "-m", "64M", "-bios", "none"]
    # Time counts instructions: by the host's clock, a busy host delivers a timer too late.
    board += ["-icount", "shift=3,sleep=off"]
    streams = ["-display", "none", "-serial", "stdio", "-monitor", "none"]
    done = subprocess.run([QEMU, *board, *streams, *loaders], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == console


@pytest.mark.parametrize(
    ("program", "test"),
    [
        (KERNELS[0], "assignments/traps/tests/test_5_bare_machine.py"),
        (KERNELS[1], "assignments/traps/tests/test_7_guest.py"),
        (KERNELS[2], "grader/hidden/traps/test_5_bare_machine.py"),
        (KERNELS[3], "grader/hidden/traps/test_8_guest.py"),
    ],
    indirect=["program"],
)
def test_what_the_tests_demand(console, test, root):
    source = (root / test).read_text(encoding="utf-8")
    demanded = re.search(r'^CONSOLE = """\\\n(.*?)"""', source, re.DOTALL | re.MULTILINE)
    assert demanded is not None
    assert console.decode() == demanded[1]
