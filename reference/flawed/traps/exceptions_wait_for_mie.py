"""Exceptions are gated on the interrupt enable of the level that handles them."""

FAILS = {"T2", "T3", "T6", "T13", "T14", "T15", "T16", "T17", "T22"}


def take_trap(hart, trap):
    level = destination(hart, trap)
    if not interruptible(hart, level):
        return
    setattr(hart, level.tval, trap_value(hart, trap))
    enter(hart, level, trap)
    hart.pc = handler_address(getattr(hart, level.tvec), trap)
