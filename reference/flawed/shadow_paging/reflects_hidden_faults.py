"""A fault that only the shadow has, a page not filled in yet, is reflected to the guest."""

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
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    "S18",
}


def fault(host, cause, address):
    view = view_now()
    if view.satp == BARE:
        found, pte = Walk(address, 0, ()), R | W | X | D
    else:
        return Answer(Act.REFLECT, address, cause)
    try:
        frame_of(found.address)
        install(host, view, address, found, pte)
    except Refused as refused:
        return refused.answer
    return RETRY
