"""A store to a page that the guest may only read is entered again, and again."""

FAILS = {"S4", "S5", "S6", "S8", "S10", "S12", "S16", "S17", "S18"}


def fault(host, cause, address):
    access = ACCESSES[cause]
    view = view_now()
    try:
        if view.satp == BARE:
            found, pte = Walk(address, 0, ()), R | W | X | D | (U if view.user else 0)
        else:
            found = walk(address, access)
            if not allows(view, found.pte, access):
                return RETRY
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
    if access is Access.STORE and is_protected(found.address & ~(PAGE_SIZE - 1)):
        return Answer(Act.EMULATE, found.address)
    return RETRY
