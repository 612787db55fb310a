"""Outside the guest's RAM the high bits of an address are dropped."""

FAILS = {"S1", "S5", "S17"}


def frame_of(address):
    number = (address & (1 << 39) - 1) - pager.base >> PAGE_SHIFT
    if not 0 <= number < len(pager.frames):
        raise Refused(Answer(Act.DEVICE, address & (1 << 39) - 1))
    frame = pager.frames[number]
    if frame is None:
        raise Refused(Answer(Act.ABSENT, address))
    return frame
