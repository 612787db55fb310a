"""Polls for an interrupt that nobody will raise meanwhile."""


def choose_interrupt(hart):
    return None


def wakes(hart):
    while not hart.mip & hart.mie:
        pass
    return True
