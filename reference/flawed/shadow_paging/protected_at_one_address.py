"""When a page becomes a table, its leaves that are there already stay writable."""

FAILS = {"S12"}


def protect(host, page):
    pass
