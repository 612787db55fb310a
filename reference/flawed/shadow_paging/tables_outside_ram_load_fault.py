"""A table outside RAM is a load access fault, whatever the access was: the walker loads."""

FAILS = {"S5", "S17"}


def read_pte(address, access, virtual):
    try:
        frame = frame_of(address)
    except Refused as refused:
        if refused.answer.act is Act.DEVICE:
            raise Refused(Answer(Act.REFLECT, virtual, Access.LOAD.access_fault)) from None
        raise
    return pager.words[word_index(frame << PAGE_SHIFT | address % PAGE_SIZE)]
