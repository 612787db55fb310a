"""A superpage stays one in the shadow, as if the frames behind it stood in a row."""

FAILS = {"S6", "S8", "S10", "S11", "S14", "S17"}


def install(host, view, virtual, found, pte):
    page = virtual & ~(PAGE_SIZE - 1)
    entry = entry_for(host, shadow_of(host, view), page)
    place = Place(view, page)
    drop(place)
    target = found.address & ~(PAGE_SIZE - 1)
    if len(found.ptes) == 2:
        top = word_index((shadow_of(host, view).root << PAGE_SHIFT) + (page >> 30 & 0x1FF) * 8)
        table = pager.words[top] >> 10 << PAGE_SHIFT
        entry = table + (page >> 21 & 0x1FF) * PTE_SIZE
        target &= ~0x1F_FFFF
        pager.words[word_index(entry)] = leaf_pte(view, target, pte) & ~(0x1FF << 10)
        return
    pager.leaves[place] = Leaf(entry, target, found.ptes)
    remember(host, place, pager.leaves[place])
    pager.words[word_index(entry)] = leaf_pte(view, target, pte)
