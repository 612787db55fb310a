"""A write of satp with a mode that does not exist still changes the root."""

FAILS = {"S9", "S17"}


def write_satp(host, value):
    mode = value >> 60 if value >> 60 in (BARE, SATP_SV39) else pager.satp >> 60
    pager.satp = mode << 60 | value & (1 << 60) - 1
