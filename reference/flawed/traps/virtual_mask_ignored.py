"""A virtual interrupt that is pending is delivered although sie disables it."""

FAILS = {"T20", "T22"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        action = RESUME
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    enabled = vcpu.copy()
    enabled.mie |= vcpu.mideleg
    due = choose_interrupt(enabled)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
    return action
