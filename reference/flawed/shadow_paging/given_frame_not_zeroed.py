"""A frame that is given to a page still shows what another VM left in it."""

FAILS = {"S14", "S17"}


def give_frame(host, page, frame):
    pager.frames[page - pager.base >> PAGE_SHIFT] = frame
