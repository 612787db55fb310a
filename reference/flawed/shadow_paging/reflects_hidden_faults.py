"""A fault that only the shadow has, a page not filled in yet, is reflected to the guest."""

FAILS = {"S2"}


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
