"""The instruction set, written once: a row an instruction, with encoding, syntax and meaning."""

from .decoder import Decoded, decode
from .instruction import CsrForm, Instruction, Kind
from .table import BY_NAME, INSTRUCTIONS

__all__ = ["BY_NAME", "INSTRUCTIONS", "CsrForm", "Decoded", "Instruction", "Kind", "decode"]
