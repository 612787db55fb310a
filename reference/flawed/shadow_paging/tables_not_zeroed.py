"""A frame for a shadow table is used as it comes, with what its last user left in it."""

FAILS = {"S11"}


def new_table(host):
    frame = host.allocate()
    if frame is None:
        raise NoFrames
    return frame
