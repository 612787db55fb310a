import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PREFIX = "riscv64-unknown-elf-"
ORIGIN = 0x8000_0000
# The layout that vmlab.asm.directives describes.
SCRIPT = """
SECTIONS {
    . = 0x80000000;
    .text.init ALIGN(16) : { *(.text.init) }
    .text      ALIGN(16) : { *(.text) }
    .rodata    ALIGN(16) : { *(.rodata) }
    .data      ALIGN(16) : { *(.data) }
    .bss       ALIGN(16) : { *(.bss) }
}
"""


@pytest.fixture
def gnu(tmp_path: Path) -> Callable[[str], bytes]:
    """Assemble and link with binutils; return the bytes from ORIGIN up, without bss."""
    if shutil.which(PREFIX + "as") is None:
        pytest.skip(f"{PREFIX}as is not installed (Debian: binutils-riscv64-unknown-elf)")

    def build(source: str) -> bytes:
        (tmp_path / "link.ld").write_text(SCRIPT)
        (tmp_path / "guest.S").write_text(source + "\n")
        for command in (
            "as -march=rv64ima_zicsr_zifencei_zihintpause -mno-relax -o guest.o guest.S",
            "ld -T link.ld --no-relax --no-warn-rwx-segments -o guest.elf guest.o",
            "objcopy -O binary guest.elf guest.bin",
        ):
            done = subprocess.run(
                [*(PREFIX + command).split()], cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        return (tmp_path / "guest.bin").read_bytes()

    return build


def flat(segments: list[tuple[int, bytes]]) -> bytes:
    """Put segments together as `objcopy -O binary` does."""
    image = bytearray()
    for address, data in segments:
        image += bytes(address - ORIGIN - len(image)) + data
    return bytes(image)


@pytest.fixture
def same(gnu: Callable[[str], bytes]) -> Callable[[str], None]:
    """Check that both assemblers make the same bytes of a source text."""
    from vmlab.asm import assemble

    def check(source: str) -> None:
        program = assemble(source)
        ours, theirs = flat(program.segments), gnu(source)
        line_of = program.lines.get
        text = source.splitlines()
        for at in range(0, len(theirs), 4):
            line = line_of(ORIGIN + at)
            assert ours[at : at + 4] == theirs[at : at + 4], text[line - 1] if line else hex(at)
        assert not any(ours[len(theirs) :])  # bss has no bytes in the file

    return check
