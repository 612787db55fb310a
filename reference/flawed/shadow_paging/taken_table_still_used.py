"""When the frame of a page table is taken, what was made from the table stays."""

FAILS = {"S14", "S17"}


def take_frame(host, page):
    for place in list(pager.mapped.get(page, ())):
        drop(place)
    pager.frames[page - pager.base >> PAGE_SHIFT] = None
    settle(host)
