"""Of an emulated store that straddles two pages, only the first change is looked at."""

FAILS = {"S12"}


def written(host, address, length):
    if address % PAGE_SIZE or length == PTE_SIZE:
        drop_made_from(address, length)
