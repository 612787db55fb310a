"""A frame is let go of in the view that is in use, and in no other."""

FAILS = {"S14", "S17"}


def take_frame(host, page):
    for place in list(pager.mapped.get(page, ())):
        if place.view == view_now():
            drop(place)
    drop_made_from(page, PAGE_SIZE)
    pager.frames[page - pager.base >> PAGE_SHIFT] = None
    settle(host)
