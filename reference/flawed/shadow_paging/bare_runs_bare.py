"""While the guest does not translate, it runs without a shadow, in the host's memory."""

FAILS = {"S1", "S9", "S11", "S14", "S17", "S18"}


def root(host):
    view = view_now()
    if view.satp == BARE:
        return 0
    try:
        shadow = shadow_of(host, view)
    except NoFrames:
        drop_everything(host)
        shadow = shadow_of(host, view)
    return SATP_SV39 << 60 | shadow.root
