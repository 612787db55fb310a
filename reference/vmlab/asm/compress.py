"""`.option rvc`: the short form of an instruction, where it has one."""

from __future__ import annotations

from dataclasses import replace

from vmlab.isa import BY_NAME, COMPRESSED, Compressed, Decoded, decode

_BY_BASE: dict[str, list[Compressed]] = {}
for _row in COMPRESSED:
    _BY_BASE.setdefault(_row.base.name, []).append(_row)
_COMMUTATIVE = ("add", "addw", "and", "or", "xor")
_SHIFTS = ("c.slli", "c.srli", "c.srai")


def compress(word: int) -> int | None:
    """Return 16 bits that mean the same as a 32-bit instruction; None if there are none.

    No HINT is made of anything, as GNU as makes none.
    """
    decoded = decode(word)
    if decoded is None or decoded.compressed is not None:
        return None
    for same in _ways(decoded):
        for row in _BY_BASE.get(same.instruction.name, ()):
            short = _encoded(row, same)
            if short is not None:
                return short
    return None


def _ways(decoded: Decoded) -> list[Decoded]:
    """Return what means the same: the instruction, and with its operands in another order."""
    name = decoded.instruction.name
    if name == "addi" and decoded.imm == 0 and decoded.rd and decoded.rs1:
        return [replace(decoded, instruction=BY_NAME["add"], rs1=0, rs2=decoded.rs1)]
    if name in _COMMUTATIVE and decoded.rs2:
        return [decoded, replace(decoded, rs1=decoded.rs2, rs2=decoded.rs1)]
    return [decoded]


def _encoded(row: Compressed, decoded: Decoded) -> int | None:
    operands = {name: getattr(decoded, name) for name in ("rd", "rs1", "rs2", "imm")}
    values = row.values(operands)
    if values is None:
        return None
    try:
        word = row.encode(**values)
    except ValueError:  # a field cannot hold it
        return None
    found = decode(word)
    is_hint = values.get("rd") == 0 or (row.name in _SHIFTS and decoded.imm == 0)
    return word if found and found.compressed is row and not is_hint else None
