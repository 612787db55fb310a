"""When an interrupt is delivered the action is RESUME, whatever else was to be done."""

FAILS = {"T20"}


def handle_exit(vcpu, exit, guest):
    if exit.interrupt:
        action = RESUME
    elif exit.cause == Exc.ILLEGAL_INSTRUCTION:
        action = emulate(vcpu, exit, guest)
    else:
        action = reflect(vcpu, exit)
    due = choose_interrupt(vcpu)
    if due is not None:
        take_trap(vcpu, Trap(due, interrupt=True))
        return RESUME
    return action
