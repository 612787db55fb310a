"""Names of the integer registers (RISC-V calling convention, "Integer Register Convention")."""

ABI_NAMES = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2"),
    *("s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5"),
    *("a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7"),
    *("s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"),
)
"""The name that the disassembler writes, by register number."""

NUMBERS: dict[str, int] = {
    **{f"x{number}": number for number in range(32)},
    **{name: number for number, name in enumerate(ABI_NAMES)},
    "fp": 8,
}
"""Every name that the assembler takes, with its register number."""
