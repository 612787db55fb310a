"""A taken frame is let go of when the guest is entered again; until then the hart may use it."""

FAILS = {"S14", "S17"}


def take_frame(host, page):
    pager.frames[page - pager.base >> PAGE_SHIFT] = None
    pager.taken = [*getattr(pager, "taken", ()), page]


def root(host):
    for page in getattr(pager, "taken", ()):
        for place in list(pager.mapped.get(page, ())):
            drop(place)
        drop_made_from(page, PAGE_SIZE)
    pager.taken = []
    settle(host)
    try:
        shadow = shadow_of(host, view_now())
    except NoFrames:
        drop_everything(host)
        shadow = shadow_of(host, view_now())
    return SATP_SV39 << 60 | shadow.root
