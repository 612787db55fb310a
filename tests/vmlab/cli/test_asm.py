"""`vmlab asm` and `vmlab disasm`, there and back."""

from __future__ import annotations

import pytest

SOURCE = """\
_start:
    li   t0, 0x12345
    beqz t0, done
done: mret
text: .asciz "hello"
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "guest.S"
    path.write_text(SOURCE)
    return path


def test_the_listing_has_address_bits_instruction_and_source(vmlab, source):
    status, out, err = vmlab("asm", source)
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["_start:"]
    assert rows[1][:2] == ["0000000080000000", "000122b7"]
    assert rows[1][2:] == ["lui", "t0,", "0x12", "li", "t0,", "0x12345"]
    assert rows[2][2:] == ["addiw", "t0,", "t0,", "837"]
    assert "done:" in out
    assert "mret" in out
    assert rows[-2][1:] == ["6c6c6568", "text:", ".asciz", '"hello"']
    assert rows[-1] == ["0000000080000014", "006f"]


def test_a_binary_is_written_and_read_back(vmlab, source, tmp_path):
    assert vmlab("asm", source, "-o", tmp_path / "guest.bin", "--origin", "0x1000") == (0, "", "")
    assert (tmp_path / "guest.bin").read_bytes()[:4] == bytes.fromhex("b7220100")
    status, out, _ = vmlab("disasm", tmp_path / "guest.bin", "--origin", "4096")
    assert status == 0
    assert [line.split()[2] for line in out.splitlines()[:4]] == ["lui", "addiw", "beq", "mret"]
    assert out.splitlines()[3].startswith("000000000000100c  30200073  mret")


def test_words_are_read(vmlab):
    status, out, _ = vmlab("disasm", "30200073", "0x10500073")
    assert (status, [line.split()[2] for line in out.splitlines()]) == (0, ["mret", "wfi"])


def test_instructions_of_either_length_are_read_and_listed(vmlab, tmp_path):
    status, out, _ = vmlab("disasm", "1141", "0x8082", "30200073", "0x85")
    assert status == 0
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["0000000080000000", "1141", "c.addi"],
        ["0000000080000002", "8082", "c.jr"],
        ["0000000080000004", "30200073", "mret"],
        ["0000000080000008", "0085", "c.addi"],
        ["000000008000000a", "0000", ".half"],
    ]
    (tmp_path / "short.S").write_text("c.li a0, 5\naddi a0, a0, 700\n.word 0x11112222\n")
    status, out, _ = vmlab("asm", tmp_path / "short.S")
    assert [line.split()[1] for line in out.splitlines()] == ["4515", "2bc50513", "11112222"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("frob x1\n", r":1:1: unknown instruction 'frob'"), ("\n  li t0\n", ":2:")],
)
def test_an_error_in_the_source_is_a_sentence_and_nothing_is_written(
    vmlab, tmp_path, text, sentence
):
    (tmp_path / "bad.S").write_text(text)
    status, out, err = vmlab("asm", tmp_path / "bad.S", "-o", tmp_path / "out")
    assert (status, out) == (2, "")
    assert err.startswith(f"vmlab: {tmp_path / 'bad.S'}{sentence}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["asm", "missing.S"], "vmlab: missing.S cannot be read: no such file or directory"),
        (["asm", "guest.S", "--origin", "x"], "vmlab: 'x' is not a number; write 123 or 0x7b"),
        (["asm", "guest.S", "--origin", "-1"], "vmlab: -1 does not fit into 64 bits"),
        (["asm", "guest.S", "-o", "no/such"], "vmlab: no/such cannot be written"),
        (["asm", "bytes"], "vmlab: bytes is not UTF-8 text"),
        (["disasm", "xyz"], "vmlab: 'xyz' is neither a file nor a word in hexadecimal"),
        (["disasm", "100000000"], "vmlab: 100000000 does not fit into 32 bits"),
        (["run", "bytes"], "vmlab: bytes is no guest"),
        (["run", "guest.S"], "vmlab: no traps.py here; name one with --traps FILE"),
        (["run", "guest.S", "--traps", "x.py"], "vmlab: x.py is not a Python file"),
    ],
)
def test_wrong_use_is_one_sentence(vmlab, source, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    status, out, err = vmlab(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1
