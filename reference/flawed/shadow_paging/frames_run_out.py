"""When no frame is left for another table, the pager gives up."""

FAILS = {"S15"}


def drop_everything(host):
    for shadow in pager.shadows.values():
        for frame in shadow.tables:
            host.free(frame)
    if len(pager.shadows) > 3:
        raise NoFrames
    pager.shadows.clear()
