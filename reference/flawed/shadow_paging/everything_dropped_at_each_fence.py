"""A fence throws every shadow away: right, and slow."""

FAILS = {"S13"}


def fence(host, address, asid):
    drop_everything(host)
