"""The instruction set, written once: a row an instruction, with encoding, syntax and meaning."""

from .compressed import Compressed
from .decoder import Decoded, decode, length
from .instruction import CsrForm, Instruction, Kind
from .row import Row
from .rv64c import COMPRESSED
from .stored import stored
from .table import BY_NAME, INSTRUCTIONS

__all__ = [
    "BY_NAME",
    "COMPRESSED",
    "INSTRUCTIONS",
    "Compressed",
    "CsrForm",
    "Decoded",
    "Instruction",
    "Kind",
    "Row",
    "decode",
    "length",
    "stored",
]
