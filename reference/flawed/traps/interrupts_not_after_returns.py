"""A virtual return does not deliver what it makes due; the next exit will do."""

FAILS = {"T20", "T22"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        action = RESUME
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    returned = exit.tval in (0x3020_0073, 0x1020_0073)
    if due is not None and not returned:
        take_trap(vcpu, Trap(due, interrupt=True))
    return action
