"""A store to a protected page is entered again, in the hope that it goes through."""

FAILS = {"S6", "S9", "S10", "S12", "S13", "S17", "S18"}


def fault(host, cause, address):
    access = ACCESSES[cause]
    view = view_now()
    try:
        if view.satp == BARE:
            found, pte = Walk(address, 0, ()), R | W | X | D | (U if view.user else 0)
        else:
            found = walk(address, access)
            if not allows(view, found.pte, access):
                return Answer(Act.REFLECT, address, access.page_fault)
            marked = mark(host, found, access)
            if marked is None:
                return RETRY
            pte = marked
        frame_of(found.address)
        install(host, view, address, found, pte)
    except Refused as refused:
        return refused.answer
    except NoFrames:
        drop_everything(host)
        return RETRY
    return RETRY
