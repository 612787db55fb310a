"""The fields of `mstatus` that this hart has (Privileged manual, "Machine Status Registers").

63        35 34 33 32       22  21 20  19  18  17      12 11  8   7    5    3    1
SD=0  ...  SXL   UXL  ...  TSR TW TVM MXR SUM MPRV ...  MPP  SPP MPIE SPIE MIE  SIE
"""

SIE = 1 << 1
MIE = 1 << 3
SPIE = 1 << 5
MPIE = 1 << 7
SPP = 1 << 8
MPP_SHIFT = 11
MPP = 3 << MPP_SHIFT
MPRV = 1 << 17
SUM = 1 << 18
MXR = 1 << 19
TVM = 1 << 20
TW = 1 << 21
TSR = 1 << 22
UXL = 3 << 32
SXL = 3 << 34

WRITABLE = SIE | MIE | SPIE | MPIE | SPP | MPP | MPRV | SUM | MXR | TVM | TW | TSR
SSTATUS = SIE | SPIE | SPP | SUM | MXR | UXL
"""What `sstatus` shows of `mstatus`."""


def get_field(word: int, mask: int) -> int:
    """Return the bits of `word` under `mask`, shifted down to bit 0."""
    return (word & mask) // (mask & -mask)


def set_field(word: int, mask: int, value: int) -> int:
    """Return `word` with the bits under `mask` replaced by `value`."""
    return word & ~mask | value * (mask & -mask) & mask
