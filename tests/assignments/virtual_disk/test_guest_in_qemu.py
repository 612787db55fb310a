"""One guest, one image, booted in turn on our machine with the solution's disk and on QEMU."""

import shutil
import subprocess

import pytest
from vmlab.asm import assemble
from vmlab.bench.disk_store import SparseFile
from vmlab.testing.loading import load_part

QEMU = "qemu-system-riscv64"
FORMATTED = "no file system: the disk is formatted\n"


@pytest.fixture
def kernel(assignment):
    return assignment / "tests" / "kernel.S"


def boot_on_qemu(kernel, image, format_, tmp_path):
    program = assemble(kernel.read_text(encoding="utf-8"), name=kernel.name)
    loaders = []
    for number, (address, contents) in enumerate(program.segments):
        segment = tmp_path / f"{number}.bin"
        segment.write_bytes(contents)
        loaders += ["-device", f"loader,file={segment},addr={address:#x},force-raw=on"]
    board = ["-machine", "virt", "-m", "128M", "-bios", "none", "-nodefaults"]
    console = ["-nographic", "-serial", "stdio", "-monitor", "none"]
    disks = ["-global", "virtio-mmio.force-legacy=false"]
    disks += ["-drive", f"file={image},format={format_},if=none,id=disk"]
    disks += ["-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]
    done = subprocess.run(
        [QEMU, *board, *console, *disks, *loaders], input=b"", capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed")
@pytest.mark.parametrize("format_", ["raw", "qcow2"])
def test_a_disk_that_is_handed_to_and_fro(bench, kernel, root, tmp_path, format_):
    traps = load_part(root / "reference" / "solutions", "traps")
    bench.create("disk", 1 << 20, format_)
    image = tmp_path / "image"
    for boot in range(1, 7, 2):
        disk = bench.open("disk", format_, size=1 << 20)
        bench.boots(disk, traps, kernel, f"{FORMATTED if boot == 1 else ''}boot {boot}\n")
        disk.close()
        bench.store.files["disk"].save(image)
        assert boot_on_qemu(kernel, image, format_, tmp_path) == f"boot {boot + 1}\n"
        bench.put("disk", SparseFile.load(image))
        if format_ == "qcow2":
            bench.check_image("disk")
