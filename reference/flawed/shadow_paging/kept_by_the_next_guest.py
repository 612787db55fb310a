"""A second guest finds the shadows of the first."""

FAILS = {"S1", "S2", "S3", "S5", "S8", "S16", "S17"}


def start(memory, guest):
    global pager
    kept = pager.shadows if "pager" in globals() else {}
    pager = Pager(memory.cast("Q"), guest.base, list(guest.frames), shadows=kept)
