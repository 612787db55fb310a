"""A frame for a shadow table is used as it comes, with what its last user left in it."""

FAILS = {
    "S1",
    "S2",
    "S3",
    "S4",
    "S5",
    "S6",
    "S7",
    "S8",
    "S9",
    "S10",
    "S11",
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    "S18",
}


def new_table(host):
    frame = host.allocate()
    if frame is None:
        raise NoFrames
    return frame
