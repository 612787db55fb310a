"""Of all leaves only the latest 22 are kept."""

FAILS = {"S13"}


def install(host, view, virtual, found, pte):
    page = virtual & ~(PAGE_SIZE - 1)
    entry = entry_for(host, shadow_of(host, view), page)
    place = Place(view, page)
    drop(place)
    if len(pager.leaves) == 22:
        drop(next(iter(pager.leaves)))
    target = found.address & ~(PAGE_SIZE - 1)
    pager.leaves[place] = Leaf(entry, target, found.ptes)
    remember(host, place, pager.leaves[place])
    pager.words[word_index(entry)] = leaf_pte(view, target, pte)
