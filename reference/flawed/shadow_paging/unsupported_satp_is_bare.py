"""A write of satp with a mode that does not exist turns translation off."""

FAILS = {"S9", "S17"}


def write_satp(host, value):
    pager.satp = value if value >> 60 == SATP_SV39 else 0
