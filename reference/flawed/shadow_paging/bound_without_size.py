"""The end of the guest's RAM is not checked: beyond it the last frame comes again."""

FAILS = {"S1", "S5", "S17"}


def frame_of(address):
    number = address - pager.base >> PAGE_SHIFT
    if number < 0 or number > len(pager.frames):
        raise Refused(Answer(Act.DEVICE, address))
    frame = pager.frames[min(number, len(pager.frames) - 1)]
    if frame is None:
        raise Refused(Answer(Act.ABSENT, address))
    return frame
