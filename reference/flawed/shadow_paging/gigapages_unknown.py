"""A leaf at level 2 is a page fault."""

FAILS = {"S8", "S17", "S18"}


def walk(virtual, access):
    fault = Refused(Answer(Act.REFLECT, virtual, access.page_fault))
    if virtual >> 38 not in (0, 0x3FF_FFFF):
        raise fault
    table = (pager.satp & PPN_MASK) << PAGE_SHIFT
    ptes = []
    for level in reversed(range(LEVELS)):
        shift = PAGE_SHIFT + VPN_BITS * level
        address = table + (virtual >> shift & (1 << VPN_BITS) - 1) * PTE_SIZE
        pte = read_pte(address, access, virtual)
        ptes.append(address)
        if not pte & V or pte & (R | W) == W or pte & RESERVED:
            raise fault
        start = (pte >> 10 & PPN_MASK) << PAGE_SHIFT
        if pte & (R | X):
            offset = (1 << shift) - 1
            if start & offset or level == 2:
                raise fault
            return Walk(start | virtual & offset, pte, tuple(ptes))
        if pte & (A | D | U):
            raise fault
        table = start
    raise fault
