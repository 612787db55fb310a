"""A table outside RAM is a page fault."""

FAILS = {"S5", "S17"}


def read_pte(address, access, virtual):
    try:
        frame = frame_of(address)
    except Refused as refused:
        if refused.answer.act is Act.DEVICE:
            raise Refused(Answer(Act.REFLECT, virtual, access.page_fault)) from None
        raise
    return pager.words[word_index(frame << PAGE_SHIFT | address % PAGE_SIZE)]
