"""A and D are set before it is known whether the access is allowed."""

FAILS = {"S6", "S16", "S17"}


def allows(view, pte, access):
    if view.user and not pte & U:
        return False
    if not view.user and pte & U and (access is Access.FETCH or not view.sum):
        return False
    if access is Access.FETCH:
        return bool(pte & X)
    if access is Access.LOAD:
        return bool(pte & (R | X if view.mxr else R))
    return bool(pte & W)


def fault(host, cause, address):
    access = ACCESSES[cause]
    view = view_now()
    try:
        if view.satp == BARE:
            found, pte = Walk(address, 0, ()), R | W | X | D
        else:
            found = walk(address, access)
            marked = mark(host, found, access)
            if marked is None:
                return RETRY
            pte = marked
            if not allows(view, found.pte, access):
                return Answer(Act.REFLECT, address, access.page_fault)
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
