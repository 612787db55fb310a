"""Disks in memory, in a file, and laid over another."""

from __future__ import annotations

import sys

import pytest
from vmlab.block import SECTOR, DiskError, FileDisk, MemoryDisk, OverlayDisk, Restorable

CONTENTS = b"".join(bytes([sector]) * SECTOR for sector in range(8))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(CONTENTS)
    return path


@pytest.fixture(params=["memory", "file", "overlay"])
def disk(request, path):
    if request.param == "memory":
        yield MemoryDisk(CONTENTS)
    elif request.param == "overlay":
        yield OverlayDisk(MemoryDisk(CONTENTS, read_only=True))
    else:
        with FileDisk(path) as disk:
            yield disk


def test_sectors(disk):
    assert (disk.sectors, disk.read_only) == (8, False)
    disk.write(2, b"a" * SECTOR + b"b" * SECTOR)
    disk.write(3, b"c" * SECTOR)
    disk.flush()
    wanted = CONTENTS[: 2 * SECTOR] + b"a" * SECTOR + b"c" * SECTOR + CONTENTS[4 * SECTOR :]
    assert disk.read(0, 8) == wanted
    assert disk.read(3, 1) == b"c" * SECTOR
    assert disk.read(7, 0) == b""


def test_a_file_keeps_what_was_written(path):
    with FileDisk(path) as disk:
        disk.write(7, b"z" * SECTOR)
        assert path.read_bytes() == CONTENTS[:-SECTOR] + b"z" * SECTOR  # in no buffer of ours


def test_an_overlay_leaves_what_is_below(path):
    with FileDisk(path, read_only=True) as below:
        disk = OverlayDisk(below)
        disk.write(0, b"z" * SECTOR)
        state = disk.state()
        disk.write(1, b"y" * SECTOR)
        disk.restore(state)
        assert disk.read(0, 2) == b"z" * SECTOR + CONTENTS[SECTOR : 2 * SECTOR]
    assert path.read_bytes() == CONTENTS


def test_memory_in_a_snapshot():
    disk = MemoryDisk(CONTENTS)
    state = disk.state()
    disk.write(0, b"z" * SECTOR)
    disk.restore(state)
    assert disk.read(0, 8) == CONTENTS


def test_a_file_is_not_put_into_a_snapshot(path):
    with FileDisk(path) as disk:
        assert not isinstance(disk, Restorable)


def test_an_empty_disk(tmp_path):
    (tmp_path / "empty").touch()
    with FileDisk(tmp_path / "empty") as disk:
        assert disk.sectors == 0


@pytest.mark.parametrize("size", [1, 511, 513])
def test_parts_of_a_sector(tmp_path, size):
    (tmp_path / "odd").write_bytes(bytes(size))
    with pytest.raises(DiskError, match=f"odd has {size} bytes, which is not a multiple of 512"):
        FileDisk(tmp_path / "odd")
    with pytest.raises(DiskError, match=f"has {size} bytes"):
        MemoryDisk(bytes(size))


def test_a_missing_file(tmp_path):
    with pytest.raises(DiskError, match="none cannot be opened to read and write: no such file"):
        FileDisk(tmp_path / "none")


def test_a_directory(tmp_path):
    with pytest.raises(DiskError, match="is a directory, not a disk image"):
        FileDisk(tmp_path)


def test_a_read_only_file(path):
    path.chmod(0o444)
    with FileDisk(path, read_only=True) as disk:
        assert disk.read_only
        assert disk.read(1, 1) == CONTENTS[SECTOR : 2 * SECTOR]
    try:
        path.open("r+b").close()
    except PermissionError:
        with pytest.raises(DiskError, match="cannot be opened to read and write: permission"):
            FileDisk(path)
    else:
        assert sys.platform != "win32"  # the superuser may write all the same
    path.chmod(0o644)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let an open file shrink")
def test_a_file_that_shrinks(path):
    with FileDisk(path) as disk:
        path.write_bytes(CONTENTS[:600])
        with pytest.raises(DiskError, match="has become shorter"):
            disk.read(0, 8)
