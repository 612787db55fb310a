"""A disk may grow as it likes."""

FAILS = {"V12"}


def check_quota(vm, name, size):
    return
