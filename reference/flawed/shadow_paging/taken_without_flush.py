"""A frame is let go of in the tables, but the MMU still remembers it."""

FAILS = {"S14", "S17"}


def take_frame(host, page):
    for place in list(pager.mapped.get(page, ())):
        drop(place)
    drop_made_from(page, PAGE_SIZE)
    pager.frames[page - pager.base >> PAGE_SHIFT] = None
