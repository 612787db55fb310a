"""The top bit of an address is dropped on the way through the shadow."""

FAILS = {"S2", "S17"}


def entry_for(host, shadow, virtual):
    table = shadow.root
    virtual &= (1 << 38) - 1
    for level in (2, 1):
        index = virtual >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1
        at = word_index((table << PAGE_SHIFT) + index * PTE_SIZE)
        if not pager.words[at] & V:
            frame = new_table(host)
            shadow.tables.append(frame)
            pager.words[at] = frame << 10 | V
        table = pager.words[at] >> 10
    return (table << PAGE_SHIFT) + (virtual >> PAGE_SHIFT & (1 << VPN_BITS) - 1) * PTE_SIZE
