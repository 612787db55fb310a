"""If another hart is faster, the guest gets a page fault."""

FAILS = {"S16"}


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
                return Answer(Act.REFLECT, address, access.page_fault)
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
