"""The last level of the shadow lies in pages of the guest: it has so many."""

FAILS = {"S1", "S2", "S4", "S7", "S8", "S11", "S14", "S15", "S17", "S18"}


def entry_for(host, shadow, virtual):
    table = shadow.root
    for level in (2, 1):
        index = virtual >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1
        at = word_index((table << PAGE_SHIFT) + index * PTE_SIZE)
        if not pager.words[at] & V:
            if level == 1:
                frame = pager.frames[-40 - index % 3]
                zero(frame)
            else:
                frame = new_table(host)
                shadow.tables.append(frame)
            pager.words[at] = frame << 10 | V
        table = pager.words[at] >> 10
    return (table << PAGE_SHIFT) + (virtual >> PAGE_SHIFT & (1 << VPN_BITS) - 1) * PTE_SIZE
