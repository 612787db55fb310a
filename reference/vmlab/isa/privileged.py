"""The privileged instructions (Privileged manual, "System Instruction Formats")."""

from __future__ import annotations

from .extension import Extension

PRIVILEGED = Extension("privileged")

PRIVILEGED.system("sret", "0001000 00010 00000 000 00000 1110011")
PRIVILEGED.system("mret", "0011000 00010 00000 000 00000 1110011")
PRIVILEGED.system("wfi", "0001000 00101 00000 000 00000 1110011")
PRIVILEGED.system("sfence.vma", "0001001 rs2 rs1 000 00000 1110011", "rs1, rs2")
